/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/losses.h"
#include <math.h>
#include <stdbool.h>

/* Length of the common and of the covering stretch of [a1, a2] and [b1, b2], and their derivatives in a1 and a2. */
typedef struct stretch { double common, cover, common_slope[2], cover_slope[2]; } stretch;

static stretch stretch_of(double a1, double a2, double b1, double b2)
{
    stretch s = { fmin(a2, b2) - fmax(a1, b1), fmax(a2, b2) - fmin(a1, b1), { a1 > b1 ? -1 : 0, a2 < b2 ? 1 : 0 },
                  { a1 < b1 ? -1 : 0, a2 > b2 ? 1 : 0 } };
    if (s.common <= 0) s.common = s.common_slope[0] = s.common_slope[1] = 0;
    return s;
}

double hyti_giou_loss(const hyti_box *box, const hyti_box *target, double gradient[4])
{
    const stretch x = stretch_of(box->x1, box->x2, target->x1, target->x2);
    const stretch y = stretch_of(box->y1, box->y2, target->y1, target->y2);
    double width = box->x2 - box->x1, height = box->y2 - box->y1;
    double common = x.common * y.common, all = width * height + hyti_box_area(target) - common;
    double cover = x.cover * y.cover;
    for (size_t i = 0; i < 4; i++) { /* GIoU = common / all - 1 + all / cover */
        bool down = i % 2;
        double sign = i < 2 ? -1 : 1;
        double d_common = down ? x.common * y.common_slope[i / 2] : x.common_slope[i / 2] * y.common;
        double d_cover = down ? x.cover * y.cover_slope[i / 2] : x.cover_slope[i / 2] * y.cover;
        double d_all = sign * (down ? width : height) - d_common;
        gradient[i] = -(d_common * all - common * d_all) / (all * all);
        gradient[i] -= (d_all * cover - all * d_cover) / (cover * cover);
    }
    return 2 - common / all - all / cover;
}

double hyti_focal_loss(double logit, double target, double gamma, double *gradient)
{
    double p = 1 / (1 + exp(-logit)), away = p - target;
    double cross = fmax(logit, 0) - logit * target + log1p(exp(-fabs(logit)));
    if (gamma == 0) {
        *gradient = away;
        return cross;
    }
    double factor = pow(fabs(away), gamma - 1);
    *gradient = factor * (gamma * (away < 0 ? -1 : 1) * p * (1 - p) * cross + fabs(away) * away);
    return factor * fabs(away) * cross;
}

double hyti_cross_entropy(const float *logits, size_t classes, size_t label, double weight, float *gradient)
{
    double highest = logits[0], sum = 0;
    for (size_t c = 1; c < classes; c++) highest = fmax(highest, logits[c]);
    for (size_t c = 0; c < classes; c++) sum += exp(logits[c] - highest);
    for (size_t c = 0; c < classes; c++)
        gradient[c] = (float)(weight * (exp(logits[c] - highest) / sum - (c == label ? 1 : 0)));
    return log(sum) - (logits[label] - highest);
}
