/* SPDX-License-Identifier: MIT */
#include "data/figure.h"
#include <assert.h>
#include <math.h>

#define DEGREES 0.0174532925f

hyti_colour hyti_skin_draw(hyti_rng *rng)
{
    const hyti_colour dark = { 0.30f, 0.18f, 0.12f }, tan = { 0.72f, 0.48f, 0.34f }, pale = { 0.98f, 0.82f, 0.71f };
    float tone = hyti_draw(rng, 0, 2);
    return tone < 1 ? hyti_colour_mix(dark, tan, tone) : hyti_colour_mix(tan, pale, tone - 1);
}

static void add(hyti_figure *figure, hyti_limb limb, hyti_form form, hyti_paint paint)
{
    assert(figure->count < HYTI_PARTS_MAX);
    figure->parts[figure->count++] = (hyti_part){ limb, form, paint };
}

/* What the parts of one figure have in common. */
typedef struct build {
    float head, neck, shoulder, hip;            /* heights, y up from the foot; head is a radius */
    float shoulder_width, hip_width, thickness; /* half widths */
    hyti_paint skin, shirt, trousers, hair;
} build;

static hyti_paint cloth(hyti_rng *rng)
{
    hyti_colour first = hyti_colour_draw(rng, 0.08f, 0.95f), second = hyti_colour_draw(rng, 0.08f, 0.95f);
    hyti_pattern pattern = hyti_chance(rng, 0.25) ? HYTI_STRIPES : HYTI_PLAIN;
    return hyti_paint_draw(rng, pattern, first, second, hyti_draw(rng, 12, 26));
}

static build draw_build(hyti_rng *rng)
{
    build b = { .head = hyti_draw(rng, 0.085f, 0.11f) };
    b.neck = 1 - 1.9f * b.head;
    b.shoulder = b.neck - 0.035f;
    b.hip = hyti_draw(rng, 0.43f, 0.50f);
    b.shoulder_width = hyti_draw(rng, 0.105f, 0.15f);
    b.hip_width = hyti_draw(rng, 0.075f, 0.11f);
    b.thickness = hyti_draw(rng, 0.042f, 0.058f);
    b.skin = hyti_paint_plain(hyti_skin_draw(rng));
    b.shirt = cloth(rng);
    b.trousers = cloth(rng);
    b.hair = hyti_paint_plain(hyti_colour_draw(rng, 0.05f, hyti_chance(rng, 0.3) ? 0.95f : 0.35f));
    return b;
}

static hyti_form capsule(hyti_point from, hyti_point to, float from_radius, float to_radius)
{
    return (hyti_form){ HYTI_CAPSULE, from, to, from_radius, to_radius };
}

/* `side` is -1 or 1. Feet stand apart or stride; the knee bends a little out of the line. */
static void add_leg(hyti_figure *figure, const build *b, float side, float stride, hyti_rng *rng)
{
    float lift = hyti_chance(rng, 0.2) ? hyti_draw(rng, 0, 0.07f) : 0;
    hyti_point hip = { side * b->hip_width * 0.55f, -b->hip };
    hyti_point foot = { side * stride, -b->thickness * 0.7f - lift };
    float bend = hyti_draw(rng, -0.035f, 0.035f);
    hyti_point knee = { (hip.x + foot.x) / 2 + bend, (hip.y + foot.y) / 2 };
    float toe = hyti_draw(rng, -0.05f, 0.05f);
    add(figure, HYTI_LEG, capsule(hip, knee, b->thickness * 1.15f, b->thickness * 0.9f), b->trousers);
    add(figure, HYTI_LEG, capsule(knee, foot, b->thickness * 0.9f, b->thickness * 0.65f), b->trousers);
    hyti_point tip = { foot.x + toe, foot.y + 0.2f * b->thickness };
    add(figure, HYTI_LEG, capsule(foot, tip, b->thickness * 0.7f, b->thickness * 0.5f), b->hair);
}

static hyti_point towards(hyti_point from, float angle, float length, float side)
{
    return (hyti_point){ from.x + side * sinf(angle) * length, from.y + cosf(angle) * length };
}

/* Angles from hanging straight down, outwards. */
static void add_arm(hyti_figure *figure, const build *b, float side, hyti_rng *rng)
{
    float angle = DEGREES * (hyti_chance(rng, 0.3) ? hyti_draw(rng, 70, 160) : hyti_draw(rng, 8, 45));
    float bend = DEGREES * hyti_draw(rng, -70, 50), radius = b->thickness * 0.75f;
    bool bare = hyti_chance(rng, 0.5);
    hyti_point shoulder = { side * (b->shoulder_width - radius * 0.6f), -b->shoulder + radius };
    hyti_point elbow = towards(shoulder, angle, 0.17f, side), hand = towards(elbow, angle + bend, 0.16f, side);
    add(figure, HYTI_ARM, capsule(shoulder, elbow, radius * 1.1f, radius * 0.9f), b->shirt);
    add(figure, HYTI_ARM, capsule(elbow, hand, radius * 0.9f, radius * 0.7f), bare ? b->skin : b->shirt);
    add(figure, HYTI_ARM, capsule(hand, hand, radius * 0.95f, radius * 0.95f), b->skin);
}

static void add_torso(hyti_figure *figure, const build *b, hyti_rng *rng)
{
    hyti_point top = { 0, -b->shoulder }, waist = { 0, -b->hip + 0.02f };
    hyti_point left = { -b->shoulder_width * 0.75f, -b->shoulder + 0.03f }, right = { -left.x, left.y };
    hyti_point hem = { 0, -b->hip * hyti_draw(rng, 0.45f, 0.75f) };
    if (hyti_chance(rng, 0.2))
        add(figure, HYTI_TORSO, (hyti_form){ HYTI_SLAB, waist, hem, b->hip_width, b->hip_width * 1.7f }, b->trousers);
    add(figure, HYTI_TORSO, (hyti_form){ HYTI_SLAB, top, waist, b->shoulder_width * 0.95f, b->hip_width }, b->shirt);
    add(figure, HYTI_TORSO, capsule(left, right, 0.035f, 0.035f), b->shirt);
}

static void add_head(hyti_figure *figure, const build *b, hyti_rng *rng)
{
    float nod = hyti_draw(rng, -0.025f, 0.025f), y = -1 + b->head;
    hyti_point top = { nod, -1 }, chin = { nod, -1 + 2.1f * b->head }, neck = { 0, -b->shoulder };
    add(figure, HYTI_HEAD, capsule((hyti_point){ nod, y + b->head * 0.7f }, neck, 0.036f, 0.042f), b->skin);
    add(figure, HYTI_HEAD, (hyti_form){ HYTI_ELLIPSE, top, chin, b->head * 0.88f, 0 }, b->skin);
    if (hyti_chance(rng, 0.15)) return; /* bald */
    float low = hyti_draw(rng, 0.7f, 1.2f) * b->head;
    hyti_form hair = { HYTI_ELLIPSE, { nod, -1 - 0.08f * b->head }, { nod, -1 + low }, b->head * 0.93f, 0 };
    add(figure, HYTI_HEAD, hair, b->hair);
}

void hyti_figure_draw(hyti_figure *figure, hyti_rng *rng)
{
    build b = draw_build(rng);
    figure->count = 0;
    float stride = hyti_draw(rng, 0.03f, 0.17f), other = hyti_draw(rng, 0.03f, 0.17f);
    add_arm(figure, &b, -1, rng);
    add_leg(figure, &b, -1, stride, rng);
    add_leg(figure, &b, 1, other, rng);
    add_torso(figure, &b, rng);
    add_head(figure, &b, rng);
    add_arm(figure, &b, 1, rng);
}

/* A turn about the origin, a scale, then a shift. */
typedef struct motion { float cosine, sine, scale, x, y; } motion;

static hyti_point move_point(hyti_point p, const motion *m)
{
    return (hyti_point){ m->scale * (m->cosine * p.x - m->sine * p.y) + m->x,
                         m->scale * (m->sine * p.x + m->cosine * p.y) + m->y };
}

static hyti_form move_form(hyti_form form, const motion *m)
{
    return (hyti_form){ form.kind, move_point(form.from, m), move_point(form.to, m),
                        form.from_radius * m->scale, form.to_radius * m->scale };
}

static void move_limb(hyti_figure *figure, hyti_limb limb, motion m)
{
    for (size_t i = 0; i < figure->count; i++)
        if (figure->parts[i].limb == limb) figure->parts[i].form = move_form(figure->parts[i].form, &m);
}

static void move_all(hyti_figure *figure, motion m)
{
    for (hyti_limb limb = 0; limb < HYTI_LIMBS; limb++) move_limb(figure, limb, m);
}

static void remove_limb(hyti_figure *figure, hyti_limb limb)
{
    size_t kept = 0;
    for (size_t i = 0; i < figure->count; i++)
        if (figure->parts[i].limb != limb) figure->parts[kept++] = figure->parts[i];
    figure->count = kept;
}

static const motion still = { 1, 0, 1, 0, 0 };

/* Each limb turned about the middle of the figure and put elsewhere. */
static void scatter(hyti_figure *figure, hyti_rng *rng)
{
    for (hyti_limb limb = 0; limb < HYTI_LIMBS; limb++) {
        float angle = hyti_draw(rng, 40, 320) * DEGREES;
        float x = hyti_draw(rng, -0.3f, 0.3f), y = hyti_draw(rng, -0.3f, 0.3f);
        motion centre = still, turn = { cosf(angle), sinf(angle), 1, x, y - 0.5f };
        centre.y = 0.5f;
        move_limb(figure, limb, centre);
        move_limb(figure, limb, turn);
    }
}

/* The torso lies, legs stand under both of its ends, the head is at one. */
static void make_beast(hyti_figure *figure, hyti_rng *rng)
{
    float side = hyti_chance(rng, 0.5) ? 1 : -1;
    remove_limb(figure, HYTI_ARM);
    move_limb(figure, HYTI_TORSO, (motion){ 0, side, 1, side * -0.62f, -0.52f });
    move_limb(figure, HYTI_HEAD, (motion){ 1, 0, 1, side * 0.24f, 0.27f });
    size_t legs = figure->count;
    for (size_t i = 0; i < legs; i++) {
        hyti_part part = figure->parts[i];
        if (part.limb != HYTI_LEG) continue;
        figure->parts[i].form = move_form(part.form, &(motion){ 1, 0, 1, side * 0.16f, 0 });
        add(figure, HYTI_LEG, move_form(part.form, &(motion){ 1, 0, 1, side * -0.2f, 0 }), part.paint);
    }
}

void hyti_figure_spoil(hyti_figure *figure, hyti_rng *rng)
{
    float side = hyti_chance(rng, 0.5) ? 1 : -1, away = side * hyti_draw(rng, 0.22f, 0.34f);
    switch (hyti_rng_below(rng, 6)) {
    case 0: /* without a head */
        remove_limb(figure, HYTI_HEAD);
        break;
    case 1: /* upside down */
        move_all(figure, (motion){ -1, 0, 1, 0, -1 });
        break;
    case 2: /* its head beside its feet */
        move_limb(figure, HYTI_HEAD, (motion){ 1, 0, 1, away, 0.79f });
        break;
    case 3: /* a head on legs */
        remove_limb(figure, HYTI_TORSO);
        remove_limb(figure, HYTI_ARM);
        move_limb(figure, HYTI_HEAD, (motion){ 1, 0, 1.3f, 0, 0.55f });
        break;
    case 4: scatter(figure, rng); break;
    default: make_beast(figure, rng); break;
    }
}

void hyti_figure_paint(const hyti_figure *figure, hyti_canvas *canvas, hyti_point foot, float height, float lean)
{
    motion m = { cosf(lean), sinf(lean), height, foot.x, foot.y };
    for (size_t i = 0; i < figure->count; i++) {
        hyti_form form = move_form(figure->parts[i].form, &m);
        hyti_canvas_fill(canvas, &form, &figure->parts[i].paint, 1);
    }
}
