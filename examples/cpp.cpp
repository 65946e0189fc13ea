// SPDX-License-Identifier: GPL-3.0-or-later
// From C++11: handles in unique_ptr, statuses as exceptions, a lambda as the evaluation. Tunes a blocked matrix
// product, really timed: as fast as possible, with as small a working set as possible.
#include <hytnas/hytnas.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <stdexcept>
#include <vector>

namespace {

void check(hyt_status status)
{
    if (status != HYT_OK) throw std::runtime_error(hyt_message());
}

template <class T> using handle = std::unique_ptr<T, void (*)(T *)>;
using evaluation = std::function<void(const hyt_candidate *, double *)>;

// What crosses the C boundary: an exception becomes a trial that failed, not a crash.
int evaluate(void *user, hyt_trial *trial, double *objectives, size_t)
{
    try {
        (*static_cast<evaluation *>(user))(hyt_trial_candidate(trial), objectives);
        return 0;
    } catch (const std::exception &) {
        return HYT_TRIAL_INFEASIBLE;
    }
}

// c += a b for n x n matrices, in blocks of `rows` x `depth`.
void multiply(const std::vector<float> &a, const std::vector<float> &b, std::vector<float> &c, size_t n, size_t rows,
              size_t depth)
{
    for (size_t i0 = 0; i0 < n; i0 += rows)
        for (size_t k0 = 0; k0 < n; k0 += depth)
            for (size_t i = i0; i < std::min(n, i0 + rows); i++)
                for (size_t k = k0; k < std::min(n, k0 + depth); k++)
                    for (size_t j = 0; j < n; j++) c[i * n + j] += a[i * n + k] * b[k * n + j];
}

double milliseconds(size_t rows, size_t depth)
{
    const size_t n = 96;
    static const std::vector<float> a(n * n, 0.5f), b(n * n, 0.25f);
    std::vector<float> c(n * n);
    const auto start = std::chrono::steady_clock::now();
    multiply(a, b, c, n, rows, depth);
    const std::chrono::duration<double, std::milli> spent = std::chrono::steady_clock::now() - start;
    if (c[0] != 0.125f * n) throw std::logic_error("a wrong product");
    return spent.count();
}

void run()
{
    hyt_space *new_space = nullptr;
    check(hyt_space_create(nullptr, "blocking", &new_space));
    const handle<hyt_space> space(new_space, hyt_space_destroy);
    check(hyt_space_add_integer(space.get(), "rows", 4, 96, 4));
    check(hyt_space_add_integer(space.get(), "depth", 4, 96, 4));

    hyt_options *new_options = nullptr;
    check(hyt_search_options_create(nullptr, &new_options));
    const handle<hyt_options> options(new_options, hyt_options_destroy);
    check(hyt_options_set_int(options.get(), HYT_SEARCH_TRIALS, 40));

    hyt_search *new_search = nullptr;
    check(hyt_search_create(space.get(), options.get(), &new_search));
    const handle<hyt_search> search(new_search, hyt_search_destroy);
    check(hyt_search_add_objective(search.get(), "milliseconds", HYT_MINIMISE));
    check(hyt_search_add_objective(search.get(), "floats", HYT_MINIMISE));

    evaluation measure = [](const hyt_candidate *candidate, double *objectives) {
        const double rows = hyt_candidate_value(candidate, 0), depth = hyt_candidate_value(candidate, 1);
        objectives[0] = milliseconds(static_cast<size_t>(rows), static_cast<size_t>(depth));
        objectives[1] = rows * depth;
    };
    check(hyt_search_run(search.get(), evaluate, &measure, nullptr));
    for (size_t i = 0; i < hyt_search_size(search.get()); i++) {
        const double *values = hyt_search_trial_objectives(search.get(), i);
        if (hyt_search_trial_in_front(search.get(), i))
            std::printf("%8.3f ms, blocks of %g floats\n", values[0], values[1]);
    }
}

} // namespace

int main()
{
    try {
        run();
    } catch (const std::exception &error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
