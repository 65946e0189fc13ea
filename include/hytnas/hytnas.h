/* SPDX-License-Identifier: GPL-3.0-or-later */
/** @file hytnas.h
 *  Everything. Or include the headers of the nouns you use. */
#ifndef HYTNAS_HYTNAS_H
#define HYTNAS_HYTNAS_H

#include <hytnas/base.h>
#include <hytnas/data.h>
#include <hytnas/evaluate.h>
#include <hytnas/format.h>
#include <hytnas/graph.h>
#include <hytnas/options.h>
#include <hytnas/pareto.h>
#include <hytnas/quantiser.h>
#include <hytnas/runtime.h>
#include <hytnas/search.h>
#include <hytnas/space.h>
#include <hytnas/study.h>
#include <hytnas/surrogate.h>
#include <hytnas/train.h>

#endif
