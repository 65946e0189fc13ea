/* SPDX-License-Identifier: MIT */
#include "data/paint.h"
#include <math.h>

#define TURN 6.28318531f

float hyti_draw(hyti_rng *rng, float low, float high)
{
    return low + (high - low) * (float)hyti_rng_uniform(rng);
}

bool hyti_chance(hyti_rng *rng, double share)
{
    return hyti_rng_uniform(rng) < share;
}

static float within(float value, float low, float high)
{
    return fminf(fmaxf(value, low), high);
}

hyti_colour hyti_colour_mix(hyti_colour a, hyti_colour b, float share)
{
    return (hyti_colour){ a.r + share * (b.r - a.r), a.g + share * (b.g - a.g), a.b + share * (b.b - a.b) };
}

/* One channel of a hue: a ramp up, flat, a ramp down over the circle. */
static float hue_channel(float hue, float offset)
{
    float place = fmodf(hue + offset, 1);
    return within(fabsf(place * 6 - 3) - 1, 0, 1);
}

hyti_colour hyti_colour_draw(hyti_rng *rng, float darkest, float brightest)
{
    float hue = hyti_draw(rng, 0, 1), value = hyti_draw(rng, darkest, brightest);
    float saturation = hyti_draw(rng, 0, 1);
    saturation *= 0.85f * saturation;
    hyti_colour pure = { hue_channel(hue, 0), hue_channel(hue, 2.0f / 3), hue_channel(hue, 1.0f / 3) };
    hyti_colour white = { 1, 1, 1 }, black = { 0, 0, 0 };
    return hyti_colour_mix(black, hyti_colour_mix(white, pure, saturation), value);
}

hyti_paint hyti_paint_plain(hyti_colour colour)
{
    return (hyti_paint){ .pattern = HYTI_PLAIN, .first = colour, .second = colour };
}

hyti_paint hyti_paint_draw(hyti_rng *rng, hyti_pattern pattern, hyti_colour first, hyti_colour second, float frequency)
{
    float angle = hyti_draw(rng, 0, TURN);
    return (hyti_paint){ pattern, first, second, cosf(angle), sinf(angle), frequency, hyti_rng_u32(rng) };
}

/* A value of 0 to 1 for each point of a whole-numbered lattice. */
static float lattice(int32_t x, int32_t y, uint32_t salt)
{
    uint32_t h = (uint32_t)x * 0x9E3779B1u ^ (uint32_t)y * 0x85EBCA77u ^ salt;
    h = (h ^ h >> 15) * 0x2C1B3C6Du;
    h = (h ^ h >> 12) * 0x297A2D39u;
    return (float)(h >> 8) * 0x1p-24f;
}

static float smooth(float t)
{
    return t * t * (3 - 2 * t);
}

static float clouds(float x, float y, uint32_t salt)
{
    float left = floorf(x), top = floorf(y), u = smooth(x - left), v = smooth(y - top);
    int32_t i = (int32_t)left, j = (int32_t)top;
    float a = lattice(i, j, salt), b = lattice(i + 1, j, salt);
    float c = lattice(i, j + 1, salt), d = lattice(i + 1, j + 1, salt);
    return (a + u * (b - a)) * (1 - v) + (c + u * (d - c)) * v;
}

static float two_octaves(float x, float y, uint32_t salt)
{
    return 0.65f * clouds(x, y, salt) + 0.35f * clouds(2.7f * x, 2.7f * y, ~salt);
}

/* A square wave with soft edges, so that stripes do not flicker from pixel to pixel. */
static float soft_square(float turns)
{
    return within(0.5f + 1.5f * sinf(turns * TURN), 0, 1);
}

hyti_colour hyti_paint_at(const hyti_paint *paint, float x, float y)
{
    float u = (x * paint->along + y * paint->across) * paint->frequency;
    float v = (y * paint->along - x * paint->across) * paint->frequency;
    float share = 0;
    switch (paint->pattern) {
    case HYTI_GRADE: share = within(0.5f + (x - 0.5f) * paint->along + (y - 0.5f) * paint->across, 0, 1); break;
    case HYTI_STRIPES: share = soft_square(u); break;
    case HYTI_CHECKS: share = soft_square(u) + soft_square(v) - 2 * soft_square(u) * soft_square(v); break;
    case HYTI_CLOUDS: share = two_octaves(u, v, paint->salt); break;
    default: break;
    }
    return hyti_colour_mix(paint->first, paint->second, share);
}

/* How far outside of a form a point lies (negative: inside), and the direction from its middle in radii. */
typedef struct sight { float distance; hyti_point normal; } sight;

static sight see_capsule(const hyti_form *f, float dx, float dy, float px, float py)
{
    float square = dx * dx + dy * dy, t = square > 0 ? within((px * dx + py * dy) / square, 0, 1) : 0;
    float radius = f->from_radius + t * (f->to_radius - f->from_radius);
    float x = px - t * dx, y = py - t * dy, scale = 1 / fmaxf(radius, 1e-6f);
    return (sight){ sqrtf(x * x + y * y) - radius, { x * scale, y * scale } };
}

static sight see_slab(const hyti_form *f, float dx, float dy, float px, float py)
{
    float length = fmaxf(sqrtf(dx * dx + dy * dy), 1e-6f), change = f->to_radius - f->from_radius;
    float u = (px * dx + py * dy) / length, v = (py * dx - px * dy) / length;
    float radius = f->from_radius + within(u / length, 0, 1) * change;
    float side = (fabsf(v) - radius) * length / sqrtf(length * length + change * change);
    float end = fabsf(u - length / 2) - length / 2, widest = fmaxf(fmaxf(f->from_radius, f->to_radius), 1e-6f);
    float scale = v / (length * widest);
    return (sight){ fmaxf(side, end), { -dy * scale, dx * scale } };
}

/* First-order distance: the value of the implicit form over the length of its gradient. */
static sight see_ellipse(const hyti_form *f, float dx, float dy, float px, float py)
{
    float a = fmaxf(sqrtf(dx * dx + dy * dy) / 2, 1e-6f), b = fmaxf(f->from_radius, 1e-6f);
    float x = px - dx / 2, y = py - dy / 2;
    float u = (x * dx + y * dy) / (2 * a * a), v = (y * dx - x * dy) / (2 * a * b);
    float level = sqrtf(u * u + v * v), slope = sqrtf(u * u / (a * a) + v * v / (b * b));
    float distance = slope > 1e-6f ? level * (level - 1) / slope : -fminf(a, b), scale = 1 / fmaxf(a, b);
    return (sight){ distance, { x * scale, y * scale } };
}

static sight see(const hyti_form *f, float x, float y)
{
    float dx = f->to.x - f->from.x, dy = f->to.y - f->from.y, px = x - f->from.x, py = y - f->from.y;
    if (f->kind == HYTI_CAPSULE) return see_capsule(f, dx, dy, px, py);
    return f->kind == HYTI_SLAB ? see_slab(f, dx, dy, px, py) : see_ellipse(f, dx, dy, px, py);
}

/* The pixels that a form may touch: [left, right) by [top, bottom). */
typedef struct window { size_t left, right, top, bottom; } window;

static size_t pixel_of(float place, size_t size)
{
    return (size_t)within(place * (float)size, 0, (float)size);
}

static window window_of(const hyti_form *f, size_t size)
{
    float reach = fmaxf(f->from_radius, f->to_radius), edge = 2 / (float)size;
    if (f->kind != HYTI_CAPSULE) reach += hypotf(f->to.x - f->from.x, f->to.y - f->from.y) / 2;
    reach += edge;
    return (window){
        pixel_of(fminf(f->from.x, f->to.x) - reach, size),
        pixel_of(fmaxf(f->from.x, f->to.x) + reach, size),
        pixel_of(fminf(f->from.y, f->to.y) - reach, size),
        pixel_of(fmaxf(f->from.y, f->to.y) + reach, size),
    };
}

static float cover_of(float distance, size_t size)
{
    return within(0.5f - distance * (float)size, 0, 1);
}

static void lay_over(float *rgb, hyti_colour colour, float light, float cover)
{
    rgb[0] += cover * (colour.r * light - rgb[0]);
    rgb[1] += cover * (colour.g * light - rgb[1]);
    rgb[2] += cover * (colour.b * light - rgb[2]);
}

void hyti_canvas_fill(hyti_canvas *canvas, const hyti_form *form, const hyti_paint *paint, float opacity)
{
    window w = window_of(form, canvas->size);
    for (size_t j = w.top; j < w.bottom; j++) {
        for (size_t i = w.left; i < w.right; i++) {
            float x = ((float)i + 0.5f) / (float)canvas->size, y = ((float)j + 0.5f) / (float)canvas->size;
            sight s = see(form, x, y);
            float cover = opacity * cover_of(s.distance, canvas->size);
            if (cover <= 0) continue;
            float light = 1 + s.normal.x * canvas->light.x + s.normal.y * canvas->light.y;
            float *share = &canvas->share[j * canvas->size + i];
            lay_over(&canvas->rgb[3 * (j * canvas->size + i)], hyti_paint_at(paint, x, y), light, cover);
            *share += cover * ((canvas->marked ? 1.0f : 0.0f) - *share);
        }
    }
}
