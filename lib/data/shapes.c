/* SPDX-License-Identifier: MIT */
/* The built-in set: a backdrop of two textured surfaces, clutter, one thing, something in front of it, light and grain.
 * The thing is a figure (class 1), or a figure's parts put together wrongly or one more piece of clutter (class 0), at
 * the same places and of the same size. All else is drawn alike in both classes, from streams that do not know the
 * class, so that nothing but the thing gives it away. tests/bench/shapes_difficulty.c says how hard it is. */
#include "data/dataset.h"
#include "data/figure.h"
#include <math.h>
#include <string.h>

/* Streams of a picture, so that what one part draws changes nothing in another. */
enum { STREAM_SCENE, STREAM_THING, STREAM_FRONT, STREAM_GRAIN, STREAM_PAIR, STREAMS };

static hyti_rng stream_of(uint64_t seed, uint64_t index, unsigned stream)
{
    return hyti_rng_start(seed, HYTI_PURPOSE_SHAPES, index * STREAMS + stream);
}

/* Of the pictures 2k and 2k + 1 one has a figure: any range of them is balanced. */
static uint32_t label_of(uint64_t seed, uint64_t index)
{
    hyti_rng rng = stream_of(seed, index / 2, STREAM_PAIR);
    return (hyti_rng_u32(&rng) ^ (uint32_t)index) & 1;
}

static hyti_paint draw_surface(hyti_rng *rng)
{
    hyti_colour first = hyti_colour_draw(rng, 0.15f, 0.95f), second = hyti_colour_draw(rng, 0.15f, 0.95f);
    hyti_pattern pattern = (hyti_pattern)hyti_rng_below(rng, HYTI_PATTERNS);
    float contrast = hyti_draw(rng, 0.1f, 0.5f), frequency = hyti_draw(rng, 2, 9);
    return hyti_paint_draw(rng, pattern, first, hyti_colour_mix(first, second, contrast), frequency);
}

/* Far and near, wall and floor, sky and ground; or one surface all over. */
static void paint_backdrop(hyti_canvas *canvas, hyti_rng *rng)
{
    hyti_paint upper = draw_surface(rng), lower = draw_surface(rng);
    float horizon = hyti_draw(rng, 0.3f, 0.8f), slope = hyti_draw(rng, -0.12f, 0.12f), size = (float)canvas->size;
    if (hyti_chance(rng, 0.2)) horizon = 2;
    for (size_t j = 0; j < canvas->size; j++) {
        for (size_t i = 0; i < canvas->size; i++) {
            float x = ((float)i + 0.5f) / size, y = ((float)j + 0.5f) / size;
            float below = fminf(fmaxf((y - horizon - slope * (x - 0.5f)) * size + 0.5f, 0), 1);
            hyti_colour far = hyti_paint_at(&upper, x, y), near = hyti_paint_at(&lower, x, y);
            hyti_colour c = hyti_colour_mix(far, near, below);
            memcpy(&canvas->rgb[3 * (j * canvas->size + i)], &(float[3]){ c.r, c.g, c.b }, 3 * sizeof(float));
        }
    }
}

static void fill(hyti_canvas *canvas, hyti_form_kind kind, float x0, float y0, float x1, float y1, float r0, float r1,
                 const hyti_paint *paint)
{
    hyti_form form = { kind, { x0, y0 }, { x1, y1 }, r0, r1 };
    hyti_canvas_fill(canvas, &form, paint, 1);
}

/* Two things in the paints of one piece of clutter. */
typedef struct materials { hyti_paint body, trim; } materials;

static materials draw_materials(hyti_rng *rng)
{
    hyti_colour first = hyti_colour_draw(rng, 0.08f, 0.95f), second = hyti_colour_draw(rng, 0.08f, 0.95f);
    hyti_colour skin = hyti_skin_draw(rng);
    hyti_pattern pattern = hyti_chance(rng, 0.4) ? (hyti_pattern)hyti_rng_below(rng, HYTI_PATTERNS) : HYTI_PLAIN;
    materials m = { .body = hyti_paint_draw(rng, pattern, first, second, hyti_draw(rng, 6, 20)) };
    m.trim = hyti_paint_plain(hyti_chance(rng, 0.25) ? skin : second);
    return m;
}

static void paint_tree(hyti_canvas *canvas, float x, float y, float s, const materials *m, hyti_rng *rng)
{
    fill(canvas, HYTI_SLAB, x, y, x, y - 0.6f * s, 0.05f * s, 0.035f * s, &m->trim);
    for (int i = 0; i < 3; i++) {
        float dx = hyti_draw(rng, -0.13f, 0.13f) * s, dy = hyti_draw(rng, 0.55f, 0.85f) * s;
        float r = hyti_draw(rng, 0.12f, 0.2f) * s;
        fill(canvas, HYTI_CAPSULE, x + dx, y - dy, x + dx, y - dy, r, r, &m->body);
    }
}

/* Posts side by side under a rail: upright pairs, as legs are. */
static void paint_fence(hyti_canvas *canvas, float x, float y, float s, const materials *m, hyti_rng *rng)
{
    size_t posts = 2 + (size_t)hyti_rng_below(rng, 3);
    float gap = hyti_draw(rng, 0.12f, 0.2f) * s, height = hyti_draw(rng, 0.4f, 0.7f) * s;
    for (size_t i = 0; i < posts; i++)
        fill(canvas, HYTI_SLAB, x + (float)i * gap, y, x + (float)i * gap, y - height, 0.04f * s, 0.035f * s, &m->body);
    float rail = y - 0.8f * height, end = x + (float)(posts - 1) * gap;
    fill(canvas, HYTI_SLAB, x - 0.05f * s, rail, end + 0.05f * s, rail, 0.04f * s, 0.04f * s, &m->body);
}

/* Sticks out of one point, as limbs are. */
static void paint_sticks(hyti_canvas *canvas, float x, float y, float s, const materials *m, hyti_rng *rng)
{
    size_t sticks = 3 + (size_t)hyti_rng_below(rng, 3);
    for (size_t i = 0; i < sticks; i++) {
        float angle = hyti_draw(rng, 0, 6.2831853f), length = hyti_draw(rng, 0.2f, 0.45f) * s;
        float to_x = x + cosf(angle) * length, to_y = y - 0.4f * s + sinf(angle) * length;
        fill(canvas, HYTI_CAPSULE, x, y - 0.4f * s, to_x, to_y, 0.045f * s, 0.03f * s, &m->body);
    }
}

static void paint_lamp(hyti_canvas *canvas, float x, float y, float s, const materials *m, hyti_rng *rng)
{
    float r = hyti_draw(rng, 0.07f, 0.13f) * s;
    fill(canvas, HYTI_SLAB, x, y, x, y - 0.9f * s, 0.03f * s, 0.025f * s, &m->body);
    fill(canvas, HYTI_CAPSULE, x, y - 0.9f * s, x, y - 0.9f * s, r, r, &m->trim);
}

/* A ball and a block, the ball on top, beside or below. */
static void paint_ball_and_block(hyti_canvas *canvas, float x, float y, float s, const materials *m, hyti_rng *rng)
{
    float w = hyti_draw(rng, 0.1f, 0.18f) * s, h = hyti_draw(rng, 0.3f, 0.5f) * s, r = hyti_draw(rng, 0.08f, 0.14f) * s;
    uint64_t where = hyti_rng_below(rng, 3);
    float base = where == 2 ? y - 2 * r : y;
    float ball_x = where == 1 ? x + w + r : x, ball_y = where == 0 ? base - h - r : y - r;
    fill(canvas, HYTI_SLAB, x, base, x, base - h, w, w, &m->body);
    fill(canvas, HYTI_CAPSULE, ball_x, ball_y, ball_x, ball_y, r, r, &m->trim);
}

static void paint_house(hyti_canvas *canvas, float x, float y, float s, const materials *m, hyti_rng *rng)
{
    float w = hyti_draw(rng, 0.15f, 0.35f) * s, h = hyti_draw(rng, 0.3f, 0.6f) * s;
    fill(canvas, HYTI_SLAB, x, y, x, y - h, w, w, &m->body);
    if (hyti_chance(rng, 0.5)) fill(canvas, HYTI_SLAB, x, y - h, x, y - 1.4f * h, 1.1f * w, 0, &m->trim);
    else fill(canvas, HYTI_SLAB, x, y - 0.4f * h, x, y - 0.8f * h, 0.5f * w, 0.5f * w, &m->trim);
}

static void paint_bush(hyti_canvas *canvas, float x, float y, float s, const materials *m, hyti_rng *rng)
{
    float w = hyti_draw(rng, 0.15f, 0.35f) * s, h = hyti_draw(rng, 0.1f, 0.25f) * s;
    fill(canvas, HYTI_ELLIPSE, x - w, y - h, x + w, y - h, h, 0, &m->body);
}

static void paint_clutter(hyti_canvas *canvas, float x, float y, float s, hyti_rng *rng)
{
    static void (*const kinds[])(hyti_canvas *, float, float, float, const materials *, hyti_rng *) = {
        paint_tree, paint_fence, paint_sticks, paint_lamp, paint_ball_and_block, paint_house, paint_bush,
    };
    materials m = draw_materials(rng);
    kinds[hyti_rng_below(rng, HYTI_COUNT(kinds))](canvas, x, y, s, &m, rng);
}

static void paint_behind(hyti_canvas *canvas, hyti_rng *rng)
{
    size_t things = (size_t)hyti_rng_below(rng, 4);
    for (size_t i = 0; i < things; i++) {
        float x = hyti_draw(rng, 0, 1), y = hyti_draw(rng, 0.4f, 1), size = hyti_draw(rng, 0.25f, 0.65f);
        paint_clutter(canvas, x, y, size, rng);
    }
}

/* Where the thing that decides the class stands: drawn alike for both. */
typedef struct stand { hyti_point foot; float height, lean, shadow; } stand;

static stand draw_stand(hyti_rng *rng)
{
    stand s;
    s.height = hyti_draw(rng, 0.6f, 0.92f);
    s.lean = hyti_draw(rng, -0.14f, 0.14f);
    s.foot.x = hyti_draw(rng, 0.22f, 0.78f);
    s.foot.y = hyti_draw(rng, fminf(s.height + 0.04f, 0.96f), 0.98f);
    s.shadow = hyti_draw(rng, 0, 0.5f);
    return s;
}

static void paint_thing(hyti_canvas *canvas, uint32_t label, const stand *s, hyti_rng *rng)
{
    hyti_paint shadow = hyti_paint_plain((hyti_colour){ 0.03f, 0.03f, 0.05f });
    float reach = 0.24f * s->height;
    hyti_point left = { s->foot.x - reach, s->foot.y }, right = { s->foot.x + reach, s->foot.y };
    hyti_form ground = { HYTI_ELLIPSE, left, right, 0.2f * reach, 0 };
    hyti_figure figure;
    hyti_canvas_fill(canvas, &ground, &shadow, s->shadow);
    if (label == 0 && hyti_chance(rng, 0.7)) {
        paint_clutter(canvas, s->foot.x, s->foot.y, s->height, rng);
        return;
    }
    hyti_figure_draw(&figure, rng);
    if (label == 0) hyti_figure_spoil(&figure, rng);
    canvas->marked = label == 1;
    hyti_figure_paint(&figure, canvas, s->foot, s->height, s->lean);
    canvas->marked = false;
}

/* Things nearer than the thing: in front of it they reach up to a third of its height, but for thin poles. */
static void paint_front(hyti_canvas *canvas, const stand *s, hyti_rng *rng)
{
    size_t things = (size_t)hyti_rng_below(rng, 3);
    for (size_t i = 0; i < things; i++) {
        materials m = draw_materials(rng);
        bool pole = hyti_chance(rng, 0.25), round = hyti_chance(rng, 0.3);
        float width = pole ? 0.018f : hyti_draw(rng, 0.05f, 0.17f), taper = hyti_draw(rng, 0.3f, 1);
        float x = hyti_draw(rng, 0.05f, 0.95f), y = hyti_draw(rng, 0.8f, 1.1f), top = y - hyti_draw(rng, 0.15f, 0.6f);
        bool hides = !pole && fabsf(x - s->foot.x) < width + 0.25f * s->height;
        if (hides) top = fmaxf(top, s->foot.y - 0.35f * s->height);
        if (top >= y) continue;
        float middle = (y + top) / 2, end = pole ? width : width * taper;
        if (round && !pole) fill(canvas, HYTI_ELLIPSE, x - width, middle, x + width, middle, (y - top) / 2, 0, &m.body);
        else fill(canvas, HYTI_SLAB, x, y, x, top, width, end, &m.body);
    }
}

/* Two uniform draws out of one word: a triangle about 0. */
static float grain(hyti_rng *rng)
{
    uint32_t word = hyti_rng_u32(rng);
    return ((float)(word & 0xffff) - (float)(word >> 16)) * 0x1p-16f;
}

/* Light that falls off across the picture, exposure and grain of a camera, then bytes. */
static void develop(const hyti_canvas *canvas, hyti_rng *rng, uint8_t *picture)
{
    float gain = hyti_draw(rng, 0.8f, 1.15f), lift = hyti_draw(rng, -0.04f, 0.06f);
    float strength = hyti_draw(rng, 0.01f, 0.05f);
    float fall_x = hyti_draw(rng, -0.3f, 0.3f), fall_y = hyti_draw(rng, -0.3f, 0.3f), size = (float)canvas->size;
    for (size_t p = 0; p < canvas->size * canvas->size; p++) {
        float x = (float)(p % canvas->size) / size - 0.5f, y = (float)(p / canvas->size) / size - 0.5f;
        float light = gain * (1 + fall_x * x + fall_y * y);
        for (size_t c = 0; c < 3; c++) {
            float value = canvas->rgb[3 * p + c] * light + lift + strength * grain(rng);
            picture[3 * p + c] = (uint8_t)(255 * fminf(fmaxf(value, 0), 1) + 0.5f);
        }
    }
}

static void paint_picture(hyti_canvas *canvas, uint64_t seed, uint64_t index, uint32_t label, uint8_t *picture)
{
    hyti_rng scene = stream_of(seed, index, STREAM_SCENE), thing = stream_of(seed, index, STREAM_THING);
    hyti_rng front = stream_of(seed, index, STREAM_FRONT), last = stream_of(seed, index, STREAM_GRAIN);
    float angle = hyti_draw(&scene, 0, 6.2831853f), strength = hyti_draw(&scene, 0, 0.3f);
    canvas->light = (hyti_point){ strength * cosf(angle), strength * sinf(angle) };
    memset(canvas->share, 0, canvas->size * canvas->size * sizeof *canvas->share);
    paint_backdrop(canvas, &scene);
    paint_behind(canvas, &scene);
    stand place = draw_stand(&scene);
    paint_thing(canvas, label, &place, &thing);
    paint_front(canvas, &place, &front);
    develop(canvas, &last, picture);
}

/* A pixel is the figure's where it shows more of it than of all else; the box holds these pixels. False if none. */
static bool read_mask(const hyti_canvas *canvas, uint8_t *mask, float box[4])
{
    size_t size = canvas->size, left = size, right = 0, top = size, bottom = 0;
    for (size_t p = 0; p < size * size; p++) {
        mask[p] = canvas->share[p] > 0.5f;
        if (!mask[p]) continue;
        left = HYTI_MIN(left, p % size);
        right = HYTI_MAX(right, p % size + 1);
        top = HYTI_MIN(top, p / size);
        bottom = HYTI_MAX(bottom, p / size + 1);
    }
    box[0] = (float)left;
    box[1] = (float)top;
    box[2] = (float)right;
    box[3] = (float)bottom;
    return bottom > top;
}

static void paint_set(hyt_dataset *dataset, hyti_canvas *canvas, uint64_t seed, uint64_t first)
{
    size_t pixels = canvas->size * canvas->size, boxes = 0;
    for (size_t i = 0; i < dataset->count; i++) {
        uint32_t label = label_of(seed, first + i);
        dataset->labels[i] = label;
        dataset->boxes.starts[i] = boxes;
        paint_picture(canvas, seed, first + i, label, dataset->pictures + i * hyti_picture_bytes(dataset));
        if (read_mask(canvas, dataset->masks + i * pixels, dataset->boxes.corners + 4 * boxes)) boxes++;
    }
    dataset->boxes.starts[dataset->count] = boxes;
}

static hyt_status create_shapes(hyt_dataset *dataset, uint64_t seed, uint64_t first)
{
    hyt_context *context = dataset->context;
    size_t size = dataset->width;
    hyti_canvas canvas = { .size = size, .rgb = hyti_array(context, size * size, 3 * sizeof *canvas.rgb),
                           .share = hyti_array(context, size * size, sizeof *canvas.share) };
    dataset->masks = hyti_array(context, dataset->count, size * size);
    bool ready = canvas.rgb && canvas.share && dataset->masks &&
                 hyti_box_table_init(context, dataset->count, dataset->count, &dataset->boxes) == HYT_OK;
    dataset->boxes.classes = 1;
    dataset->mask_classes = 2;
    if (ready) paint_set(dataset, &canvas, seed, first);
    hyti_free(context, canvas.rgb);
    hyti_free(context, canvas.share);
    return ready ? hyti_dataset_finish(dataset, 2) : hyti_fail_nomem();
}

hyt_status hyt_dataset_create_shapes(hyt_context *context, size_t count, size_t size, uint64_t seed, uint64_t first,
                                     hyt_dataset **out)
{
    HYTI_NEED(out);
    hyt_dataset *dataset = NULL;
    if (size < 16 || size > 512)
        return hyti_fail(HYT_ERR_RANGE, "pictures of %zu pixels a side: from 16 to 512 are possible", size);
    if (count > UINT32_MAX || first > INT64_MAX / STREAMS)
        return hyti_fail(HYT_ERR_RANGE, "%zu pictures from number %llu on are more than there are", count,
                         (unsigned long long)first);
    HYTI_TRY(hyti_dataset_new(context, count, size, size, NULL, 0, &dataset));
    hyt_status status = create_shapes(dataset, seed, first);
    if (status == HYT_OK) *out = dataset;
    else hyt_dataset_destroy(dataset);
    return status;
}
