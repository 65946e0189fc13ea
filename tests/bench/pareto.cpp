// SPDX-License-Identifier: GPL-3.0-or-later
// The sets of pareto.c, by pagmo: one JSON line a case.
//   g++ -O2 pareto.cpp -lpagmo -lboost_serialization -o pareto-pagmo && ./pareto-pagmo FILE
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iostream>
#include <pagmo/utils/hypervolume.hpp>
#include <pagmo/utils/multi_objective.hpp>
#include <string>

static double seconds()
{
    timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static double run(const std::string &task, const std::vector<pagmo::vector_double> &points)
{
    const pagmo::vector_double reference(points[0].size(), 1.1);
    if (task == "sort") return (double)std::get<0>(pagmo::fast_non_dominated_sorting(points)).size();
    pagmo::hypervolume volume(points);
    if (task == "volume") return volume.compute(reference);
    double sum = 0;
    for (double part : volume.contributions(reference)) sum += part;
    return sum;
}

int main(int argc, char **argv)
{
    if (argc < 2) return 1;
    std::ifstream file(argv[1]);
    std::string task, shape;
    size_t n, m;
    while (file >> task >> shape >> n >> m) {
        std::vector<pagmo::vector_double> points(n, pagmo::vector_double(m));
        for (auto &row : points)
            for (auto &value : row) file >> value;
        double answer = 0, least = 1e300, spent = 0;
        for (int times = 0; times < 50 && (times < 2 || spent < 0.5); times++) {
            double start = seconds();
            answer = run(task, points);
            double here = seconds() - start;
            least = std::min(least, here);
            spent += here;
        }
        std::printf("{\"task\":\"%s\",\"shape\":\"%s\",\"n\":%zu,\"m\":%zu,\"answer\":%.15g,\"ms\":%.4f}\n",
                    task.c_str(), shape.c_str(), n, m, answer, 1e3 * least);
        std::fflush(stdout);
    }
}
