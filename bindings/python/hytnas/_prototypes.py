# SPDX-License-Identifier: GPL-3.0-or-later
# Written by generate.py from include/hytnas/*.h; do not edit.
"""What the public headers declare: constants, option keys, opaque handles, callbacks, functions."""
from ctypes import (CFUNCTYPE, POINTER, Structure, c_char_p, c_double, c_float, c_int, c_int32, c_int64, c_size_t,
                    c_uint8, c_uint32, c_uint64, c_void_p)
from enum import IntEnum
from typing import Any, Dict, List, Tuple

# Numbers.
HYT_VERSION_MAJOR = 0
HYT_VERSION_MINOR = 1
HYT_VERSION_PATCH = 0
HYT_MAX_RANK = 6
HYT_OK = 0
HYT_ERR_ARGUMENT = -1
HYT_ERR_NOMEM = -2
HYT_ERR_SHAPE = -3
HYT_ERR_RANGE = -4
HYT_ERR_FORMAT = -5
HYT_ERR_IO = -6
HYT_ERR_UNSUPPORTED = -7
HYT_ERR_NUMERIC = -8
HYT_ERR_STATE = -9
HYT_ERR_EXHAUSTED = -10
HYT_ERR_INFEASIBLE = -11
HYT_ERR_NOT_FOUND = -12
HYT_ERR_CONFLICT = -13
HYT_LOG_ERROR = 0
HYT_LOG_WARNING = 1
HYT_LOG_INFO = 2
HYT_LOG_DEBUG = 3
HYT_STOP = 1
HYT_MASK_IGNORED = 255
HYT_OPT_INT = 0
HYT_OPT_REAL = 1
HYT_OPT_CHOICE = 2
HYT_OPT_FLAG = 3
HYT_OP_INPUT = 0
HYT_OP_CONV = 1
HYT_OP_BATCH_NORM = 2
HYT_OP_LINEAR = 3
HYT_OP_RELU = 4
HYT_OP_RELU6 = 5
HYT_OP_SILU = 6
HYT_OP_ADD = 7
HYT_OP_CONCAT = 8
HYT_OP_GLOBAL_POOL = 9
HYT_OP_RESIZE = 10
HYT_OP_UNFOLD = 11
HYT_OP_FOLD = 12
HYT_OP_LAYER_NORM = 13
HYT_OP_ATTENTION = 14
HYT_OP_SIGMOID = 15
HYT_OP_GELU = 16
HYT_OP_HARD_SWISH = 17
HYT_OP_HARD_SIGMOID = 18
HYT_OP_MUL = 19
HYT_OP_CONSTANT = 20
HYT_OP_MATMUL = 21
HYT_OP_SOFTMAX = 22
HYT_OP_RESHAPE = 23
HYT_OP_TRANSPOSE = 24
HYT_OP_SLICE = 25
HYT_OP_PAD = 26
HYT_OP_MAX_POOL = 27
HYT_OP_AVERAGE_POOL = 28
HYT_OP_CONV_TRANSPOSE = 29
HYT_OP_MEAN = 30
HYT_OP_COUNT = 31
HYT_RESIZE_BILINEAR = 0
HYT_RESIZE_NEAREST = 1
HYT_RESIZE_ALIGN_CORNERS = 2
HYT_FP32 = 0
HYT_BF16 = 1
HYT_FP16 = 2
HYT_INT8 = 3
HYT_ATTRIBUTE_KERNEL_HEIGHT = 0
HYT_ATTRIBUTE_KERNEL_WIDTH = 1
HYT_ATTRIBUTE_STRIDE_HEIGHT = 2
HYT_ATTRIBUTE_STRIDE_WIDTH = 3
HYT_ATTRIBUTE_PAD_TOP = 4
HYT_ATTRIBUTE_PAD_LEFT = 5
HYT_ATTRIBUTE_PAD_BOTTOM = 6
HYT_ATTRIBUTE_PAD_RIGHT = 7
HYT_ATTRIBUTE_DILATION_HEIGHT = 8
HYT_ATTRIBUTE_DILATION_WIDTH = 9
HYT_ATTRIBUTE_GROUPS = 10
HYT_ATTRIBUTE_OUTPUT_PAD_HEIGHT = 11
HYT_ATTRIBUTE_OUTPUT_PAD_WIDTH = 12
HYT_ATTRIBUTE_HEADS = 13
HYT_ATTRIBUTE_PATCH = 14
HYT_ATTRIBUTE_WINDOWS_FIRST = 15
HYT_ATTRIBUTE_AXIS = 16
HYT_ATTRIBUTE_BEGIN = 17
HYT_ATTRIBUTE_END = 18
HYT_ATTRIBUTE_STEP = 19
HYT_ATTRIBUTE_RESIZE_MODE = 20
HYT_ATTRIBUTE_TRANSPOSED = 21
HYT_ATTRIBUTE_PADDING_COUNTED = 22
HYT_ATTRIBUTE_AXIS_KEPT = 23
HYT_ATTRIBUTE_TRAINED = 24
HYT_ATTRIBUTE_ORDER = 25
HYT_ATTRIBUTE_BIAS = 31
HYT_ATTRIBUTE_PICTURE = 32
HYT_GENE_INTEGER = 0
HYT_GENE_ORDINAL = 1
HYT_GENE_CATEGORICAL = 2
HYT_GENE_REAL = 3
HYT_TRIAL_FINISHED = 0
HYT_TRIAL_INFEASIBLE = 2
HYT_TRIAL_TRANSIENT = 3
HYT_TRIAL_TIMEOUT = 4
HYT_TRIAL_NAN = 5
HYT_TRIAL_PENDING = 6
HYT_TRIAL_PRUNED = 7
HYT_TRIAL_CANCELLED = 8
HYT_VALIDATION_MEASURES = 5
HYT_COLUMN_REAL = 0
HYT_COLUMN_ORDINAL = 1
HYT_COLUMN_CATEGORY = 2
HYT_VALIDATION_TAU = 0
HYT_VALIDATION_RHO = 1
HYT_VALIDATION_R2 = 2
HYT_VALIDATION_RMSE = 3
HYT_VALIDATION_CRPS = 4
HYT_SEARCH_ADDED = 18446744073709551615
HYT_MINIMISE = 0
HYT_MAXIMISE = 1
HYT_STUDY_NEW = 0
HYT_STUDY_RESUME = 1
HYT_STUDY_READ = 2

# Keys of options, and other words.
HYT_SURROGATE_SEED = "seed"
HYT_GP_LINES = "lines"
HYT_GP_BENDS = "bends"
HYT_GP_KERNEL = "kernel"
HYT_GP_STARTS = "starts"
HYT_GP_MAX_ITERATIONS = "max-iterations"
HYT_GP_START_ROWS = "start-rows"
HYT_GP_ROWS = "rows"
HYT_GP_EXACT_ROWS = "exact-rows"
HYT_GP_INDUCING = "inducing"
HYT_GP_NOISE_LOW = "noise-low"
HYT_GP_NOISE_HIGH = "noise-high"
HYT_TREES_ROUNDS = "rounds"
HYT_TREES_DEPTH = "depth"
HYT_TREES_ETA = "eta"
HYT_TREES_LAMBDA = "lambda"
HYT_TREES_MIN_CHILD_WEIGHT = "min-child-weight"
HYT_TREES_SUBSAMPLE = "subsample"
HYT_TREES_COLSAMPLE = "colsample"
HYT_TREES_BINS = "bins"
HYT_TREES_MEMBERS = "members"
HYT_TREES_BOOSTER = "booster"
HYT_TREES_RATE_DROP = "rate-drop"
HYT_TREES_SKIP_DROP = "skip-drop"
HYT_TREES_ONE_DROP = "one-drop"
HYT_TREES_NORMALISE = "normalise"
HYT_TREES_LINEAR_LAMBDA = "linear-lambda"
HYT_TREES_LINEAR_ALPHA = "linear-alpha"
HYT_FOREST_TREES = "trees"
HYT_FOREST_DEPTH = "depth"
HYT_FOREST_MAX_FEATURES = "max-features"
HYT_FOREST_MIN_LEAF = "min-leaf"
HYT_FOREST_BINS = "bins"
HYT_RANKER_LOSS = "loss"
HYT_RANKER_PAIRS = "pairs"
HYT_RIDGE_DEGREE = "degree"
HYT_RIDGE_LAMBDA = "lambda"
HYT_FFN_MEMBERS = "members"
HYT_FFN_LAYERS = "layers"
HYT_FFN_WIDTH = "width"
HYT_FFN_EPOCHS = "epochs"
HYT_FFN_PATIENCE = "patience"
HYT_FFN_LOSS = "loss"
HYT_FFN_RATE = "rate"
HYT_FFN_DECAY = "decay"
HYT_FFN_SPARSITY = "sparsity"
HYT_FFN_MARGIN = "margin"
HYT_BNN_DRAWS = "draws"
HYT_BNN_LAYERS = "layers"
HYT_BNN_WIDTH = "width"
HYT_BNN_EPOCHS = "epochs"
HYT_BNN_RANDOM = "random"
HYT_BNN_RATE = "rate"
HYT_BNN_PRIOR = "prior"
HYT_BNN_WEIGHT = "weight"
HYT_AUTO_FOLDS = "folds"
HYT_AUTO_ROWS = "rows"
HYT_AUTO_BLEND = "blend"
HYT_TRAIN_EPOCHS = "epochs"
HYT_TRAIN_BATCH = "batch"
HYT_TRAIN_OPTIMISER = "optimiser"
HYT_TRAIN_RATE = "rate"
HYT_TRAIN_MOMENTUM = "momentum"
HYT_TRAIN_WEIGHT_DECAY = "weight-decay"
HYT_TRAIN_WARMUP = "warmup"
HYT_TRAIN_SMOOTHING = "smoothing"
HYT_TRAIN_FLIP = "flip"
HYT_TRAIN_CROP = "crop"
HYT_TRAIN_JITTER = "jitter"
HYT_TRAIN_AVERAGING = "averaging"
HYT_TRAIN_KEEP = "keep"
HYT_TRAIN_PATIENCE = "patience"
HYT_TRAIN_THREADS = "threads"
HYT_TRAIN_SEED = "seed"
HYT_TRAIN_NESTEROV = "nesterov"
HYT_TRAIN_SCHEDULE = "schedule"
HYT_TRAIN_STEPS = "steps"
HYT_TRAIN_DROP = "drop"
HYT_TRAIN_CLIP = "clip"
HYT_TRAIN_MIXUP = "mixup"
HYT_TRAIN_CUTMIX = "cutmix"
HYT_TRAIN_ERASING = "erasing"
HYT_TRAIN_CLASS_WEIGHTS = "class-weights"
HYT_TRAIN_TEACHER_SHARE = "teacher-share"
HYT_TRAIN_TEMPERATURE = "temperature"
HYT_TRAIN_MEMORY_BYTES = "memory-bytes"
HYT_TRAIN_QAT = "qat"
HYT_TRAIN_TASK = "task"
HYT_EVALUATE_TIMING = "timing-ms"
HYT_EVALUATE_PRECISION = "precision"
HYT_EVALUATE_INHERIT = "inherit"
HYT_EVALUATE_SUBSET = "subset"
HYT_EVALUATE_SUBSET_BY = "subset-by"
HYT_EVALUATE_EXTRAPOLATE = "extrapolate"
HYT_EVALUATE_EXTRAPOLATE_BELOW = "extrapolate-below"
HYT_EVALUATE_PJ_MAC = "pj-mac"
HYT_EVALUATE_PJ_NEAR = "pj-near"
HYT_EVALUATE_PJ_FAR = "pj-far"
HYT_EVALUATE_PROXY_PICTURES = "proxy-pictures"
HYT_EVALUATE_REFERENCE = "reference"
HYT_EVALUATE_METHOD = "method"
HYT_EVALUATE_SUPERNET_EPOCHS = "supernet-epochs"
HYT_EVALUATE_RECALIBRATION = "recalibration"
HYT_QUANTISER_CALIBRATION = "calibration"
HYT_QUANTISER_PERCENTILE = "percentile"
HYT_QUANTISER_WEIGHTS = "weights"
HYT_QUANTISER_EQUALISE = "equalise"
HYT_QUANTISER_CORRECT_BIAS = "correct-bias"
HYT_QUANTISER_THREADS = "threads"
HYT_RUNTIME_THREADS = "threads"
HYT_RUNTIME_BATCH = "batch"
HYT_RUNTIME_LAYOUT = "layout"
HYT_RUNTIME_ISA = "isa"
HYT_RUNTIME_PRECISION = "precision"
HYT_SEARCH_METHOD = "method"
HYT_SEARCH_SEED = "seed"
HYT_SEARCH_TRIALS = "trials"
HYT_SEARCH_BATCH = "batch"
HYT_SEARCH_INITIAL = "initial"
HYT_SEARCH_DESIGN = "design"
HYT_SEARCH_SURROGATE = "surrogate"
HYT_SEARCH_ACQUISITION = "acquisition"
HYT_SEARCH_SOLVER = "solver"
HYT_SEARCH_SELECTION = "selection"
HYT_SEARCH_POPULATION = "population"
HYT_SEARCH_GENERATIONS = "generations"
HYT_SEARCH_ADDED_RESULTS = "added"
HYT_SEARCH_REPEATS = "repeats"
HYT_SEARCH_RETRIES = "retries"
HYT_SEARCH_MODE = "mode"
HYT_SEARCH_WORKERS = "workers"
HYT_SEARCH_PRUNER = "pruner"
HYT_SEARCH_ETA = "eta"
HYT_SEARCH_MIN_STEP = "min-step"
HYT_SEARCH_MAX_STEP = "max-step"
HYT_SEARCH_SECONDS = "seconds"
HYT_SEARCH_TARGET = "target"
HYT_SEARCH_STALL = "stall"


class LogLevel(IntEnum):
    ERROR = 0
    WARNING = 1
    INFO = 2
    DEBUG = 3


class OptionType(IntEnum):
    INT = 0
    REAL = 1
    CHOICE = 2
    FLAG = 3


class Op(IntEnum):
    INPUT = 0
    CONV = 1
    BATCH_NORM = 2
    LINEAR = 3
    RELU = 4
    RELU6 = 5
    SILU = 6
    ADD = 7
    CONCAT = 8
    GLOBAL_POOL = 9
    RESIZE = 10
    UNFOLD = 11
    FOLD = 12
    LAYER_NORM = 13
    ATTENTION = 14
    SIGMOID = 15
    GELU = 16
    HARD_SWISH = 17
    HARD_SIGMOID = 18
    MUL = 19
    CONSTANT = 20
    MATMUL = 21
    SOFTMAX = 22
    RESHAPE = 23
    TRANSPOSE = 24
    SLICE = 25
    PAD = 26
    MAX_POOL = 27
    AVERAGE_POOL = 28
    CONV_TRANSPOSE = 29
    MEAN = 30
    COUNT = 31


class ResizeMode(IntEnum):
    BILINEAR = 0
    NEAREST = 1
    ALIGN_CORNERS = 2


class Precision(IntEnum):
    FP32 = 0
    BF16 = 1
    FP16 = 2
    INT8 = 3


class Attribute(IntEnum):
    KERNEL_HEIGHT = 0
    KERNEL_WIDTH = 1
    STRIDE_HEIGHT = 2
    STRIDE_WIDTH = 3
    PAD_TOP = 4
    PAD_LEFT = 5
    PAD_BOTTOM = 6
    PAD_RIGHT = 7
    DILATION_HEIGHT = 8
    DILATION_WIDTH = 9
    GROUPS = 10
    OUTPUT_PAD_HEIGHT = 11
    OUTPUT_PAD_WIDTH = 12
    HEADS = 13
    PATCH = 14
    WINDOWS_FIRST = 15
    AXIS = 16
    BEGIN = 17
    END = 18
    STEP = 19
    RESIZE_MODE = 20
    TRANSPOSED = 21
    PADDING_COUNTED = 22
    AXIS_KEPT = 23
    TRAINED = 24
    ORDER = 25
    BIAS = 31
    PICTURE = 32


class GeneKind(IntEnum):
    INTEGER = 0
    ORDINAL = 1
    CATEGORICAL = 2
    REAL = 3


class TrialState(IntEnum):
    FINISHED = 0
    INFEASIBLE = 2
    TRANSIENT = 3
    TIMEOUT = 4
    NAN = 5
    PENDING = 6
    PRUNED = 7
    CANCELLED = 8


class Column(IntEnum):
    REAL = 0
    ORDINAL = 1
    CATEGORY = 2


class ValidationKind(IntEnum):
    TAU = 0
    RHO = 1
    R2 = 2
    RMSE = 3
    CRPS = 4


class Direction(IntEnum):
    MINIMISE = 0
    MAXIMISE = 1


class StudyMode(IntEnum):
    NEW = 0
    RESUME = 1
    READ = 2


class hyt_context(Structure):
    pass


class hyt_dataset(Structure):
    pass


class hyt_annotations(Structure):
    pass


class hyt_options(Structure):
    pass


class hyt_graph(Structure):
    pass


class hyt_space(Structure):
    pass


class hyt_candidate(Structure):
    pass


class hyt_trial(Structure):
    pass


class hyt_surrogate(Structure):
    pass


class hyt_validation(Structure):
    pass


class hyt_trainer(Structure):
    pass


class hyt_evaluator(Structure):
    pass


class hyt_predictor(Structure):
    pass


class hyt_cost(Structure):
    pass


class hyt_quantiser(Structure):
    pass


class hyt_runtime(Structure):
    pass


class hyt_search(Structure):
    pass


class hyt_study(Structure):
    pass


class hyt_heap(Structure):
    pass


class hyt_log_sink(Structure):
    pass


class hyt_dims(Structure):
    pass


class hyt_box(Structure):
    pass


class hyt_rows(Structure):
    pass


# Callbacks.
hyt_release_fn = CFUNCTYPE(None, c_void_p)
hyt_row_fn = CFUNCTYPE(c_int, c_void_p, c_size_t, POINTER(c_uint8), POINTER(c_uint32))
hyt_evaluate_fn = CFUNCTYPE(c_int, c_void_p, POINTER(hyt_trial), POINTER(c_double), c_size_t)
hyt_measure_fn = CFUNCTYPE(c_int, c_void_p, POINTER(hyt_candidate), POINTER(c_double))
hyt_epoch_fn = CFUNCTYPE(c_int, c_void_p, c_size_t, c_double, c_double)
hyt_energy_fn = CFUNCTYPE(c_int, c_void_p, POINTER(hyt_graph), POINTER(c_double))
hyt_score_fn = CFUNCTYPE(c_int, c_void_p, POINTER(hyt_graph), POINTER(c_double))
hyt_progress_fn = CFUNCTYPE(c_int, c_void_p, POINTER(hyt_search), POINTER(hyt_trial))
hyt_asked_fn = CFUNCTYPE(c_int, c_void_p, POINTER(POINTER(hyt_trial)), c_size_t)
hyt_told_fn = CFUNCTYPE(c_int, c_void_p, POINTER(hyt_trial), c_int, POINTER(c_double), c_size_t)
hyt_reported_fn = CFUNCTYPE(c_int, c_void_p, POINTER(hyt_trial), c_uint64, POINTER(c_double), c_size_t)

# The structs whose fields are frozen.
hyt_heap._fields_ = [
    ("user", c_void_p),
    ("allocate", CFUNCTYPE(c_void_p, c_void_p, c_size_t)),
    ("release", CFUNCTYPE(None, c_void_p, c_void_p)),
]
hyt_log_sink._fields_ = [
    ("user", c_void_p),
    ("write", CFUNCTYPE(None, c_void_p, c_int, c_char_p)),
    ("level", c_int),
]
hyt_dims._fields_ = [
    ("rank", c_size_t),
    ("size", c_size_t * 6),
]
hyt_box._fields_ = [
    ("picture", c_size_t),
    ("label", c_uint32),
    ("x1", c_float),
    ("y1", c_float),
    ("x2", c_float),
    ("y2", c_float),
    ("crowd", c_int),
]
hyt_rows._fields_ = [
    ("row", hyt_row_fn),
    ("user", c_void_p),
    ("release", hyt_release_fn),
    ("reentrant", c_int),
    ("cache", c_size_t),
]

# Result and arguments of each function.
FUNCTIONS: Dict[str, Tuple[Any, List[Any]]] = {
    "hyt_status_name": (c_char_p, [c_int]),
    "hyt_message": (c_char_p, []),
    "hyt_fail": (c_int, [c_int, c_char_p]),
    "hyt_version": (c_int, []),
    "hyt_version_text": (c_char_p, []),
    "hyt_context_create": (c_int, [POINTER(hyt_heap), POINTER(hyt_log_sink), POINTER(POINTER(hyt_context))]),
    "hyt_context_destroy": (None, [POINTER(hyt_context)]),
    "hyt_text_destroy": (None, [c_char_p]),
    "hyt_dataset_load_npz": (c_int, [POINTER(hyt_context), c_char_p, POINTER(POINTER(hyt_dataset))]),
    "hyt_dataset_parse_npz": (c_int, [POINTER(hyt_context), c_void_p, c_size_t, POINTER(POINTER(hyt_dataset))]),
    "hyt_dataset_load_idx": (c_int, [POINTER(hyt_context), c_char_p, c_char_p, POINTER(POINTER(hyt_dataset))]),
    "hyt_dataset_parse_idx": (c_int, [POINTER(hyt_context), c_void_p, c_size_t, c_void_p, c_size_t,
        POINTER(POINTER(hyt_dataset))]),
    "hyt_dataset_create": (c_int, [POINTER(hyt_context), POINTER(c_uint8), POINTER(c_uint32), c_size_t, c_size_t,
        c_size_t, c_size_t, POINTER(POINTER(hyt_dataset))]),
    "hyt_dataset_read": (c_int, [POINTER(hyt_context), hyt_row_fn, c_void_p, c_size_t, c_size_t, c_size_t,
        c_size_t, POINTER(POINTER(hyt_dataset))]),
    "hyt_dataset_stream": (c_int, [POINTER(hyt_context), POINTER(hyt_rows), POINTER(c_uint32), c_size_t, c_size_t,
        c_size_t, c_size_t, POINTER(POINTER(hyt_dataset))]),
    "hyt_dataset_subset": (c_int, [POINTER(hyt_dataset), POINTER(c_size_t), c_size_t, POINTER(POINTER(hyt_dataset))]),
    "hyt_dataset_split": (c_int, [POINTER(hyt_dataset), c_double, c_uint64, POINTER(POINTER(hyt_dataset)),
        POINTER(POINTER(hyt_dataset))]),
    "hyt_dataset_fingerprint": (c_int, [POINTER(hyt_dataset), POINTER(c_uint64)]),
    "hyt_dataset_annotate": (c_int, [POINTER(hyt_dataset), POINTER(hyt_box), c_size_t, c_size_t, POINTER(c_uint8),
        c_size_t, POINTER(POINTER(hyt_dataset))]),
    "hyt_dataset_create_shapes": (c_int, [POINTER(hyt_context), c_size_t, c_size_t, c_uint64, c_uint64,
        POINTER(POINTER(hyt_dataset))]),
    "hyt_dataset_resize": (c_int, [POINTER(hyt_dataset), c_size_t, c_size_t, POINTER(POINTER(hyt_dataset))]),
    "hyt_dataset_destroy": (None, [POINTER(hyt_dataset)]),
    "hyt_dataset_count": (c_size_t, [POINTER(hyt_dataset)]),
    "hyt_dataset_height": (c_size_t, [POINTER(hyt_dataset)]),
    "hyt_dataset_width": (c_size_t, [POINTER(hyt_dataset)]),
    "hyt_dataset_classes": (c_size_t, [POINTER(hyt_dataset)]),
    "hyt_dataset_class_count": (c_size_t, [POINTER(hyt_dataset), c_size_t]),
    "hyt_dataset_picture": (POINTER(c_uint8), [POINTER(hyt_dataset), c_size_t]),
    "hyt_dataset_copy_picture": (c_int, [POINTER(hyt_dataset), c_size_t, POINTER(c_uint8)]),
    "hyt_dataset_label": (c_uint32, [POINTER(hyt_dataset), c_size_t]),
    "hyt_dataset_boxes": (POINTER(c_float), [POINTER(hyt_dataset), c_size_t, POINTER(c_size_t)]),
    "hyt_dataset_box_labels": (POINTER(c_uint32), [POINTER(hyt_dataset), c_size_t]),
    "hyt_dataset_box_crowds": (POINTER(c_uint8), [POINTER(hyt_dataset), c_size_t]),
    "hyt_dataset_box_classes": (c_size_t, [POINTER(hyt_dataset)]),
    "hyt_dataset_mask": (POINTER(c_uint8), [POINTER(hyt_dataset), c_size_t]),
    "hyt_dataset_mask_classes": (c_size_t, [POINTER(hyt_dataset)]),
    "hyt_dataset_statistics": (c_int, [POINTER(hyt_dataset), POINTER(c_double), POINTER(c_double)]),
    "hyt_dataset_check": (c_int, [POINTER(hyt_dataset), c_char_p, c_size_t]),
    "hyt_annotations_create": (c_int, [POINTER(hyt_context), POINTER(hyt_annotations),
        POINTER(POINTER(hyt_annotations))]),
    "hyt_annotations_destroy": (None, [POINTER(hyt_annotations)]),
    "hyt_annotations_parse_coco": (c_int, [POINTER(hyt_annotations), c_void_p, c_size_t]),
    "hyt_annotations_parse_voc": (c_int, [POINTER(hyt_annotations), c_void_p, c_size_t]),
    "hyt_annotations_count": (c_size_t, [POINTER(hyt_annotations)]),
    "hyt_annotations_file": (c_char_p, [POINTER(hyt_annotations), c_size_t]),
    "hyt_annotations_width": (c_size_t, [POINTER(hyt_annotations), c_size_t]),
    "hyt_annotations_height": (c_size_t, [POINTER(hyt_annotations), c_size_t]),
    "hyt_annotations_classes": (c_size_t, [POINTER(hyt_annotations)]),
    "hyt_annotations_class": (c_char_p, [POINTER(hyt_annotations), c_size_t]),
    "hyt_annotations_boxes": (POINTER(hyt_box), [POINTER(hyt_annotations), POINTER(c_size_t)]),
    "hyt_options_set_int": (c_int, [POINTER(hyt_options), c_char_p, c_int64]),
    "hyt_options_set_real": (c_int, [POINTER(hyt_options), c_char_p, c_double]),
    "hyt_options_set_text": (c_int, [POINTER(hyt_options), c_char_p, c_char_p]),
    "hyt_options_get_int": (c_int, [POINTER(hyt_options), c_char_p, POINTER(c_int64)]),
    "hyt_options_get_real": (c_int, [POINTER(hyt_options), c_char_p, POINTER(c_double)]),
    "hyt_options_get_text": (c_int, [POINTER(hyt_options), c_char_p, c_char_p, c_size_t]),
    "hyt_options_count": (c_size_t, [POINTER(hyt_options)]),
    "hyt_options_key": (c_char_p, [POINTER(hyt_options), c_size_t]),
    "hyt_options_help": (c_char_p, [POINTER(hyt_options), c_size_t]),
    "hyt_options_type": (c_int, [POINTER(hyt_options), c_size_t]),
    "hyt_options_choices": (c_char_p, [POINTER(hyt_options), c_size_t]),
    "hyt_options_bounds": (None, [POINTER(hyt_options), c_size_t, POINTER(c_double), POINTER(c_double),
        POINTER(c_double)]),
    "hyt_options_destroy": (None, [POINTER(hyt_options)]),
    "hyt_graph_create": (c_int, [POINTER(hyt_context), c_char_p, POINTER(POINTER(hyt_graph))]),
    "hyt_graph_destroy": (None, [POINTER(hyt_graph)]),
    "hyt_graph_copy": (c_int, [POINTER(hyt_graph), POINTER(POINTER(hyt_graph))]),
    "hyt_graph_fold_norms": (c_int, [POINTER(hyt_graph), POINTER(POINTER(hyt_graph))]),
    "hyt_graph_input": (c_int, [POINTER(hyt_graph), c_size_t, c_size_t, c_size_t, POINTER(c_int32)]),
    "hyt_graph_conv": (c_int, [POINTER(hyt_graph), c_int32, c_size_t, c_size_t, c_size_t, c_size_t, POINTER(c_int32)]),
    "hyt_graph_batch_norm": (c_int, [POINTER(hyt_graph), c_int32, POINTER(c_int32)]),
    "hyt_graph_linear": (c_int, [POINTER(hyt_graph), c_int32, c_size_t, c_int, POINTER(c_int32)]),
    "hyt_graph_activation": (c_int, [POINTER(hyt_graph), c_int32, c_int, POINTER(c_int32)]),
    "hyt_graph_add": (c_int, [POINTER(hyt_graph), c_int32, c_int32, POINTER(c_int32)]),
    "hyt_graph_concat": (c_int, [POINTER(hyt_graph), POINTER(c_int32), c_size_t, c_size_t, POINTER(c_int32)]),
    "hyt_graph_global_pool": (c_int, [POINTER(hyt_graph), c_int32, POINTER(c_int32)]),
    "hyt_graph_resize": (c_int, [POINTER(hyt_graph), c_int32, c_size_t, c_size_t, POINTER(c_int32)]),
    "hyt_graph_unfold": (c_int, [POINTER(hyt_graph), c_int32, c_size_t, POINTER(c_int32)]),
    "hyt_graph_fold": (c_int, [POINTER(hyt_graph), c_int32, c_size_t, c_size_t, c_size_t, POINTER(c_int32)]),
    "hyt_graph_layer_norm": (c_int, [POINTER(hyt_graph), c_int32, POINTER(c_int32)]),
    "hyt_graph_attention": (c_int, [POINTER(hyt_graph), c_int32, c_size_t, POINTER(c_int32)]),
    "hyt_graph_attention_of": (c_int, [POINTER(hyt_graph), POINTER(c_int32), c_size_t, c_size_t, POINTER(c_int32)]),
    "hyt_graph_mul": (c_int, [POINTER(hyt_graph), c_int32, c_int32, POINTER(c_int32)]),
    "hyt_graph_constant": (c_int, [POINTER(hyt_graph), POINTER(hyt_dims), c_int, POINTER(c_float), POINTER(c_int32)]),
    "hyt_graph_matmul": (c_int, [POINTER(hyt_graph), c_int32, c_int32, c_int, POINTER(c_int32)]),
    "hyt_graph_softmax": (c_int, [POINTER(hyt_graph), c_int32, POINTER(c_int32)]),
    "hyt_graph_reshape": (c_int, [POINTER(hyt_graph), c_int32, POINTER(hyt_dims), c_int, POINTER(c_int32)]),
    "hyt_graph_transpose": (c_int, [POINTER(hyt_graph), c_int32, POINTER(c_size_t), c_int, POINTER(c_int32)]),
    "hyt_graph_slice": (c_int, [POINTER(hyt_graph), c_int32, c_size_t, c_size_t, c_size_t, c_size_t,
        POINTER(c_int32)]),
    "hyt_graph_pad": (c_int, [POINTER(hyt_graph), c_int32, POINTER(c_size_t), c_double, POINTER(c_int32)]),
    "hyt_graph_max_pool": (c_int, [POINTER(hyt_graph), c_int32, c_size_t, c_size_t, c_size_t, POINTER(c_int32)]),
    "hyt_graph_average_pool": (c_int, [POINTER(hyt_graph), c_int32, c_size_t, c_size_t, c_size_t, c_int,
        POINTER(c_int32)]),
    "hyt_graph_conv_transpose": (c_int, [POINTER(hyt_graph), c_int32, c_size_t, c_size_t, c_size_t, c_size_t,
        c_int, POINTER(c_int32)]),
    "hyt_graph_mean_of": (c_int, [POINTER(hyt_graph), c_int32, c_size_t, c_int, POINTER(c_int32)]),
    "hyt_graph_resize_by": (c_int, [POINTER(hyt_graph), c_int32, c_size_t, c_size_t, c_int, POINTER(c_int32)]),
    "hyt_graph_unfold_windows": (c_int, [POINTER(hyt_graph), c_int32, c_size_t, POINTER(c_int32)]),
    "hyt_graph_fold_windows": (c_int, [POINTER(hyt_graph), c_int32, c_size_t, c_size_t, c_size_t, POINTER(c_int32)]),
    "hyt_graph_inverted_residual": (c_int, [POINTER(hyt_graph), c_int32, c_size_t, c_size_t, c_double, c_int,
        POINTER(c_int32)]),
    "hyt_graph_mobilevit": (c_int, [POINTER(hyt_graph), c_int32, c_size_t, c_size_t, c_size_t, c_size_t, c_size_t,
        c_int, POINTER(c_int32)]),
    "hyt_graph_set_output": (c_int, [POINTER(hyt_graph), c_int32]),
    "hyt_graph_pyramid": (c_int, [POINTER(hyt_graph), POINTER(c_int32), c_size_t, c_size_t, POINTER(c_int32)]),
    "hyt_graph_box_head": (c_int, [POINTER(hyt_graph), POINTER(c_int32), c_size_t, c_size_t, c_size_t, c_size_t,
        c_int, POINTER(c_int32)]),
    "hyt_graph_query_head": (c_int, [POINTER(hyt_graph), c_int32, c_size_t, c_size_t, c_size_t, c_size_t, c_size_t,
        c_size_t, POINTER(c_int32)]),
    "hyt_graph_pixel_head": (c_int, [POINTER(hyt_graph), POINTER(c_int32), c_size_t, c_size_t, c_size_t, c_size_t,
        c_int, POINTER(c_int32)]),
    "hyt_graph_build": (c_int, [POINTER(hyt_context), c_char_p, c_size_t, c_size_t, POINTER(POINTER(hyt_graph))]),
    "hyt_graph_builder": (c_char_p, [c_size_t]),
    "hyt_graph_initialise": (c_int, [POINTER(hyt_graph), c_uint64]),
    "hyt_graph_set_normalisation": (c_int, [POINTER(hyt_graph), POINTER(c_float), POINTER(c_float)]),
    "hyt_graph_mean": (POINTER(c_float), [POINTER(hyt_graph)]),
    "hyt_graph_deviation": (POINTER(c_float), [POINTER(hyt_graph)]),
    "hyt_graph_name": (c_char_p, [POINTER(hyt_graph)]),
    "hyt_graph_size": (c_size_t, [POINTER(hyt_graph)]),
    "hyt_graph_op": (c_int, [POINTER(hyt_graph), c_int32]),
    "hyt_op_name": (c_char_p, [c_int]),
    "hyt_graph_dims": (c_int, [POINTER(hyt_graph), c_int32, POINTER(hyt_dims)]),
    "hyt_graph_output": (c_int32, [POINTER(hyt_graph)]),
    "hyt_graph_operands": (c_size_t, [POINTER(hyt_graph), c_int32]),
    "hyt_graph_operand": (c_int32, [POINTER(hyt_graph), c_int32, c_size_t]),
    "hyt_graph_describe": (c_int, [POINTER(hyt_graph), c_int32, c_char_p, c_size_t]),
    "hyt_graph_parameters": (c_uint64, [POINTER(hyt_graph)]),
    "hyt_graph_macs": (c_uint64, [POINTER(hyt_graph)]),
    "hyt_graph_value_macs": (c_uint64, [POINTER(hyt_graph), c_int32]),
    "hyt_graph_weight_bytes": (c_uint64, [POINTER(hyt_graph)]),
    "hyt_graph_attribute": (c_int, [POINTER(hyt_graph), c_int32, c_int, POINTER(c_int64)]),
    "hyt_graph_attribute_real": (c_int, [POINTER(hyt_graph), c_int32, POINTER(c_double)]),
    "hyt_graph_set_precision": (c_int, [POINTER(hyt_graph), c_int32, c_int]),
    "hyt_graph_precision": (c_int, [POINTER(hyt_graph), c_int32]),
    "hyt_graph_set_quantisation": (c_int, [POINTER(hyt_graph), c_int32, c_float, c_int32]),
    "hyt_graph_quantisation": (c_int, [POINTER(hyt_graph), c_int32, POINTER(c_float), POINTER(c_int32)]),
    "hyt_graph_set_scales": (c_int, [POINTER(hyt_graph), c_size_t, POINTER(c_float), c_size_t]),
    "hyt_graph_scales": (POINTER(c_float), [POINTER(hyt_graph), c_size_t]),
    "hyt_graph_parameter_count": (c_size_t, [POINTER(hyt_graph)]),
    "hyt_graph_parameter_dims": (c_int, [POINTER(hyt_graph), c_size_t, POINTER(hyt_dims)]),
    "hyt_graph_parameter_name": (c_char_p, [POINTER(hyt_graph), c_size_t]),
    "hyt_graph_parameter": (POINTER(c_float), [POINTER(hyt_graph), c_size_t]),
    "hyt_graph_set_parameter": (c_int, [POINTER(hyt_graph), c_size_t, POINTER(c_float), c_size_t]),
    "hyt_space_create": (c_int, [POINTER(hyt_context), c_char_p, POINTER(POINTER(hyt_space))]),
    "hyt_space_add_integer": (c_int, [POINTER(hyt_space), c_char_p, c_int64, c_int64, c_int64]),
    "hyt_space_add_ordinal": (c_int, [POINTER(hyt_space), c_char_p, POINTER(c_double), c_size_t]),
    "hyt_space_add_real": (c_int, [POINTER(hyt_space), c_char_p, c_double, c_double, c_int]),
    "hyt_space_add_categorical": (c_int, [POINTER(hyt_space), c_char_p, POINTER(c_char_p), c_size_t]),
    "hyt_space_add_condition": (c_int, [POINTER(hyt_space), c_char_p, c_char_p, POINTER(c_size_t), c_size_t]),
    "hyt_space_preset": (c_int, [POINTER(hyt_context), c_char_p, POINTER(POINTER(hyt_space))]),
    "hyt_space_parse_json": (c_int, [POINTER(hyt_context), c_char_p, c_size_t, POINTER(POINTER(hyt_space))]),
    "hyt_space_load_json": (c_int, [POINTER(hyt_context), c_char_p, POINTER(POINTER(hyt_space))]),
    "hyt_space_to_json": (c_int, [POINTER(hyt_space), POINTER(c_char_p)]),
    "hyt_space_destroy": (None, [POINTER(hyt_space)]),
    "hyt_space_name": (c_char_p, [POINTER(hyt_space)]),
    "hyt_space_genes": (c_size_t, [POINTER(hyt_space)]),
    "hyt_space_gene_name": (c_char_p, [POINTER(hyt_space), c_size_t]),
    "hyt_space_gene_kind": (c_int, [POINTER(hyt_space), c_size_t]),
    "hyt_space_gene_levels": (c_size_t, [POINTER(hyt_space), c_size_t]),
    "hyt_space_gene_value": (c_double, [POINTER(hyt_space), c_size_t, c_size_t]),
    "hyt_space_gene_label": (c_char_p, [POINTER(hyt_space), c_size_t, c_size_t]),
    "hyt_space_find_gene": (c_int, [POINTER(hyt_space), c_char_p, POINTER(c_size_t)]),
    "hyt_space_gene_is_log": (c_int, [POINTER(hyt_space), c_size_t]),
    "hyt_space_find_level": (c_int, [POINTER(hyt_space), c_size_t, c_double, POINTER(c_size_t)]),
    "hyt_space_count": (c_int, [POINTER(hyt_space), POINTER(c_uint64), POINTER(c_uint64)]),
    "hyt_space_genotypes": (c_int, [POINTER(hyt_space), POINTER(c_uint64), POINTER(c_uint64)]),
    "hyt_candidate_create": (c_int, [POINTER(hyt_space), POINTER(c_size_t), c_size_t,
        POINTER(POINTER(hyt_candidate))]),
    "hyt_candidate_from_values": (c_int, [POINTER(hyt_space), POINTER(c_double), c_size_t,
        POINTER(POINTER(hyt_candidate))]),
    "hyt_candidate_sample": (c_int, [POINTER(hyt_space), c_uint64, c_uint64, POINTER(POINTER(hyt_candidate))]),
    "hyt_candidate_at": (c_int, [POINTER(hyt_space), c_uint64, c_uint64, POINTER(POINTER(hyt_candidate))]),
    "hyt_candidate_index": (c_int, [POINTER(hyt_candidate), POINTER(c_uint64), POINTER(c_uint64)]),
    "hyt_candidate_parse": (c_int, [POINTER(hyt_space), c_char_p, POINTER(POINTER(hyt_candidate))]),
    "hyt_candidate_genome": (c_int, [POINTER(hyt_candidate), c_char_p, c_size_t, POINTER(c_size_t)]),
    "hyt_candidate_neighbours": (c_size_t, [POINTER(hyt_candidate)]),
    "hyt_candidate_neighbour": (c_int, [POINTER(hyt_candidate), c_size_t, POINTER(POINTER(hyt_candidate))]),
    "hyt_candidate_level": (c_size_t, [POINTER(hyt_candidate), c_size_t]),
    "hyt_candidate_value": (c_double, [POINTER(hyt_candidate), c_size_t]),
    "hyt_candidate_active": (c_int, [POINTER(hyt_candidate), c_size_t]),
    "hyt_candidate_equal": (c_int, [POINTER(hyt_candidate), POINTER(hyt_candidate)]),
    "hyt_candidate_copy": (c_int, [POINTER(hyt_candidate), POINTER(POINTER(hyt_candidate))]),
    "hyt_candidate_destroy": (None, [POINTER(hyt_candidate)]),
    "hyt_candidate_decode": (c_int, [POINTER(hyt_candidate), c_size_t, c_size_t, POINTER(POINTER(hyt_graph))]),
    "hyt_trial_state_name": (c_char_p, [c_int]),
    "hyt_trial_number": (c_uint64, [POINTER(hyt_trial)]),
    "hyt_trial_candidate": (POINTER(hyt_candidate), [POINTER(hyt_trial)]),
    "hyt_trial_fidelity": (c_double, [POINTER(hyt_trial)]),
    "hyt_trial_seconds_left": (c_double, [POINTER(hyt_trial)]),
    "hyt_trial_report": (c_int, [POINTER(hyt_trial), c_uint64, POINTER(c_double), c_size_t]),
    "hyt_trial_should_stop": (c_int, [POINTER(hyt_trial)]),
    "hyt_surrogate_options_create": (c_int, [POINTER(hyt_context), c_char_p, POINTER(POINTER(hyt_options))]),
    "hyt_surrogate_create": (c_int, [POINTER(hyt_context), c_char_p, c_size_t, POINTER(hyt_options),
        POINTER(POINTER(hyt_surrogate))]),
    "hyt_surrogate_kind": (c_char_p, [c_size_t]),
    "hyt_surrogate_set_columns": (c_int, [POINTER(hyt_surrogate), POINTER(c_int), c_size_t]),
    "hyt_surrogate_fit": (c_int, [POINTER(hyt_surrogate), POINTER(c_double), POINTER(c_double), c_size_t]),
    "hyt_surrogate_update": (c_int, [POINTER(hyt_surrogate), POINTER(c_double), POINTER(c_double), c_size_t]),
    "hyt_surrogate_copy": (c_int, [POINTER(hyt_surrogate), POINTER(POINTER(hyt_surrogate))]),
    "hyt_surrogate_features": (c_size_t, [POINTER(hyt_surrogate)]),
    "hyt_surrogate_rows": (c_size_t, [POINTER(hyt_surrogate)]),
    "hyt_surrogate_chosen": (c_char_p, [POINTER(hyt_surrogate)]),
    "hyt_surrogate_predict": (c_int, [POINTER(hyt_surrogate), POINTER(c_double), c_size_t, POINTER(c_double),
        POINTER(c_double)]),
    "hyt_surrogate_sample": (c_int, [POINTER(hyt_surrogate), POINTER(c_double), c_size_t, c_size_t, c_uint64,
        POINTER(c_double)]),
    "hyt_surrogate_gradient": (c_int, [POINTER(hyt_surrogate), POINTER(c_double), POINTER(c_double),
        POINTER(c_double)]),
    "hyt_surrogate_write": (c_int, [POINTER(hyt_surrogate), POINTER(c_char_p), POINTER(c_size_t)]),
    "hyt_surrogate_parse": (c_int, [POINTER(hyt_context), c_void_p, c_size_t, POINTER(POINTER(hyt_surrogate))]),
    "hyt_surrogate_save": (c_int, [POINTER(hyt_surrogate), c_char_p]),
    "hyt_surrogate_load": (c_int, [POINTER(hyt_context), c_char_p, POINTER(POINTER(hyt_surrogate))]),
    "hyt_surrogate_destroy": (None, [POINTER(hyt_surrogate)]),
    "hyt_validation_deal": (c_int, [c_size_t, c_size_t, c_uint64, POINTER(c_int)]),
    "hyt_surrogate_validate": (c_int, [POINTER(hyt_surrogate), POINTER(c_double), POINTER(c_double),
        POINTER(c_int), c_size_t, POINTER(POINTER(hyt_validation))]),
    "hyt_validation_measure": (c_double, [POINTER(hyt_validation), c_int]),
    "hyt_validation_coverage": (c_double, [POINTER(hyt_validation), c_double]),
    "hyt_validation_noise": (c_double, [POINTER(hyt_validation)]),
    "hyt_validation_rows": (c_size_t, [POINTER(hyt_validation)]),
    "hyt_validation_mean": (POINTER(c_double), [POINTER(hyt_validation)]),
    "hyt_validation_deviation": (POINTER(c_double), [POINTER(hyt_validation)]),
    "hyt_validation_destroy": (None, [POINTER(hyt_validation)]),
    "hyt_train_options_create": (c_int, [POINTER(hyt_context), POINTER(POINTER(hyt_options))]),
    "hyt_train_plan": (c_int, [POINTER(hyt_graph), POINTER(hyt_options), POINTER(c_uint64)]),
    "hyt_trainer_create": (c_int, [POINTER(hyt_graph), POINTER(hyt_options), POINTER(POINTER(hyt_trainer))]),
    "hyt_trainer_destroy": (None, [POINTER(hyt_trainer)]),
    "hyt_trainer_set_teacher": (c_int, [POINTER(hyt_trainer), POINTER(hyt_graph)]),
    "hyt_trainer_inherit": (c_int, [POINTER(hyt_trainer), POINTER(hyt_graph), POINTER(c_uint64)]),
    "hyt_trainer_fit": (c_int, [POINTER(hyt_trainer), POINTER(hyt_dataset), POINTER(hyt_dataset), hyt_epoch_fn,
        c_void_p, POINTER(c_double)]),
    "hyt_trainer_save": (c_int, [POINTER(hyt_trainer), c_char_p]),
    "hyt_trainer_load": (c_int, [POINTER(hyt_trainer), c_char_p]),
    "hyt_trainer_parse": (c_int, [POINTER(hyt_trainer), c_void_p, c_size_t]),
    "hyt_trainer_step": (c_int, [POINTER(hyt_trainer), POINTER(c_float), POINTER(c_uint32), c_size_t,
        POINTER(c_double)]),
    "hyt_trainer_step_soft": (c_int, [POINTER(hyt_trainer), POINTER(c_float), POINTER(c_float), c_size_t,
        POINTER(c_double)]),
    "hyt_trainer_network": (c_int, [POINTER(hyt_trainer), POINTER(POINTER(hyt_graph))]),
    "hyt_train_score": (c_int, [POINTER(hyt_graph), POINTER(hyt_dataset), c_char_p, c_size_t, POINTER(c_double)]),
    "hyt_train_accuracy": (c_int, [POINTER(hyt_graph), POINTER(hyt_dataset), c_size_t, POINTER(c_double)]),
    "hyt_evaluator_options_create": (c_int, [POINTER(hyt_context), POINTER(POINTER(hyt_options))]),
    "hyt_evaluator_create": (c_int, [POINTER(hyt_dataset), POINTER(hyt_dataset), POINTER(hyt_options),
        POINTER(POINTER(hyt_evaluator))]),
    "hyt_evaluator_destroy": (None, [POINTER(hyt_evaluator)]),
    "hyt_evaluator_metric": (c_char_p, [c_size_t]),
    "hyt_evaluator_add_objective": (c_int, [POINTER(hyt_evaluator), c_char_p]),
    "hyt_evaluator_evaluate": (c_int, [c_void_p, POINTER(hyt_trial), POINTER(c_double), c_size_t]),
    "hyt_evaluator_measure": (c_int, [POINTER(hyt_evaluator), POINTER(hyt_candidate), POINTER(c_double), c_size_t]),
    "hyt_evaluator_network": (c_int, [POINTER(hyt_evaluator), POINTER(POINTER(hyt_graph))]),
    "hyt_evaluator_set_teacher": (c_int, [POINTER(hyt_evaluator), POINTER(hyt_graph)]),
    "hyt_predictor_create": (c_int, [POINTER(hyt_space), c_char_p, POINTER(hyt_options),
        POINTER(POINTER(hyt_predictor))]),
    "hyt_predictor_add": (c_int, [POINTER(hyt_predictor), POINTER(hyt_candidate), c_double]),
    "hyt_predictor_fit": (c_int, [POINTER(hyt_predictor)]),
    "hyt_predictor_validate": (c_int, [POINTER(hyt_predictor), c_size_t, c_uint64, POINTER(POINTER(hyt_validation))]),
    "hyt_predictor_predict": (c_int, [POINTER(hyt_predictor), POINTER(hyt_candidate), POINTER(c_double),
        POINTER(c_double)]),
    "hyt_predictor_measure": (c_int, [c_void_p, POINTER(hyt_candidate), POINTER(c_double)]),
    "hyt_predictor_set_metric": (c_int, [POINTER(hyt_predictor), c_char_p]),
    "hyt_predictor_metric": (c_char_p, [POINTER(hyt_predictor)]),
    "hyt_predictor_fingerprint": (c_int, [POINTER(hyt_predictor), POINTER(c_uint64)]),
    "hyt_predictor_save": (c_int, [POINTER(hyt_predictor), c_char_p]),
    "hyt_predictor_load": (c_int, [POINTER(hyt_space), c_char_p, POINTER(POINTER(hyt_predictor))]),
    "hyt_predictor_destroy": (None, [POINTER(hyt_predictor)]),
    "hyt_evaluator_set_predictor": (c_int, [POINTER(hyt_evaluator), c_char_p, POINTER(hyt_predictor)]),
    "hyt_evaluator_set_energy": (c_int, [POINTER(hyt_evaluator), hyt_energy_fn, c_void_p]),
    "hyt_evaluator_limit_supernet": (c_int, [POINTER(hyt_evaluator), c_char_p, c_double]),
    "hyt_evaluator_supernet": (c_int, [POINTER(hyt_evaluator), POINTER(hyt_space), POINTER(POINTER(hyt_graph))]),
    "hyt_evaluator_set_supernet": (c_int, [POINTER(hyt_evaluator), POINTER(hyt_space), POINTER(hyt_graph)]),
    "hyt_evaluator_set_epoch": (c_int, [POINTER(hyt_evaluator), hyt_epoch_fn, c_void_p]),
    "hyt_evaluator_train": (c_int, [POINTER(hyt_evaluator), POINTER(hyt_candidate), c_size_t,
        POINTER(POINTER(hyt_graph)), POINTER(c_double)]),
    "hyt_cost_create": (c_int, [POINTER(hyt_context), c_char_p, c_size_t, c_size_t, POINTER(POINTER(hyt_cost))]),
    "hyt_cost_set_precision": (c_int, [POINTER(hyt_cost), c_int]),
    "hyt_cost_measure": (c_int, [c_void_p, POINTER(hyt_candidate), POINTER(c_double)]),
    "hyt_cost_destroy": (None, [POINTER(hyt_cost)]),
    "hyt_cost_release": (None, [c_void_p]),
    "hyt_model_save": (c_int, [POINTER(hyt_graph), c_char_p]),
    "hyt_model_load": (c_int, [POINTER(hyt_context), c_char_p, POINTER(POINTER(hyt_graph))]),
    "hyt_model_parse": (c_int, [POINTER(hyt_context), c_void_p, c_size_t, POINTER(POINTER(hyt_graph))]),
    "hyt_pareto_dominates": (c_int, [POINTER(c_double), POINTER(c_double), c_size_t]),
    "hyt_pareto_sort": (c_int, [POINTER(hyt_context), POINTER(c_double), c_size_t, c_size_t, POINTER(c_size_t)]),
    "hyt_pareto_crowding": (c_int, [POINTER(hyt_context), POINTER(c_double), c_size_t, c_size_t, POINTER(c_double)]),
    "hyt_pareto_hypervolume": (c_int, [POINTER(hyt_context), POINTER(c_double), c_size_t, c_size_t,
        POINTER(c_double), POINTER(c_double)]),
    "hyt_pareto_contributions": (c_int, [POINTER(hyt_context), POINTER(c_double), c_size_t, c_size_t,
        POINTER(c_double), POINTER(c_double)]),
    "hyt_pareto_igd_plus": (c_int, [POINTER(c_double), c_size_t, c_size_t, POINTER(c_double), c_size_t,
        POINTER(c_double)]),
    "hyt_pareto_epsilon": (c_int, [POINTER(c_double), c_size_t, c_size_t, POINTER(c_double), c_size_t,
        POINTER(c_double)]),
    "hyt_pareto_attainment": (c_int, [POINTER(hyt_context), POINTER(c_double), POINTER(c_size_t), c_size_t,
        c_size_t, c_size_t, POINTER(c_double), c_size_t, POINTER(c_double)]),
    "hyt_pareto_surface": (c_int, [POINTER(hyt_context), POINTER(c_double), POINTER(c_size_t), c_size_t, c_size_t,
        c_size_t, POINTER(c_double), POINTER(c_size_t)]),
    "hyt_pareto_knee": (c_int, [POINTER(hyt_context), POINTER(c_double), c_size_t, c_size_t, POINTER(c_size_t)]),
    "hyt_pareto_compromise": (c_int, [POINTER(hyt_context), POINTER(c_double), c_size_t, c_size_t,
        POINTER(c_double), POINTER(c_size_t)]),
    "hyt_pareto_best": (c_int, [POINTER(c_double), c_size_t, c_size_t, c_size_t, POINTER(c_double),
        POINTER(c_size_t)]),
    "hyt_quantiser_options_create": (c_int, [POINTER(hyt_context), POINTER(POINTER(hyt_options))]),
    "hyt_quantiser_create": (c_int, [POINTER(hyt_graph), POINTER(hyt_options), POINTER(POINTER(hyt_quantiser))]),
    "hyt_quantiser_destroy": (None, [POINTER(hyt_quantiser)]),
    "hyt_quantiser_add": (c_int, [POINTER(hyt_quantiser), POINTER(c_float), c_size_t]),
    "hyt_quantiser_finish": (c_int, [POINTER(hyt_quantiser), POINTER(POINTER(hyt_graph))]),
    "hyt_quantise": (c_int, [POINTER(POINTER(hyt_graph)), POINTER(c_float), c_size_t, POINTER(hyt_options)]),
    "hyt_quantiser_drops": (c_int, [POINTER(hyt_quantiser), POINTER(c_double)]),
    "hyt_quantiser_search": (c_int, [POINTER(hyt_quantiser), hyt_score_fn, c_void_p, c_double,
        POINTER(POINTER(hyt_graph)), POINTER(c_size_t)]),
    "hyt_runtime_options_create": (c_int, [POINTER(hyt_context), POINTER(POINTER(hyt_options))]),
    "hyt_runtime_create": (c_int, [POINTER(hyt_graph), POINTER(hyt_options), POINTER(POINTER(hyt_runtime))]),
    "hyt_runtime_create_in": (c_int, [POINTER(hyt_graph), POINTER(hyt_options), c_void_p, c_size_t,
        POINTER(POINTER(hyt_runtime))]),
    "hyt_runtime_destroy": (None, [POINTER(hyt_runtime)]),
    "hyt_runtime_plan": (c_int, [POINTER(hyt_graph), POINTER(hyt_options), POINTER(c_uint64)]),
    "hyt_runtime_run": (c_int, [POINTER(hyt_runtime), POINTER(c_float), POINTER(c_float)]),
    "hyt_runtime_arena_bytes": (c_uint64, [POINTER(hyt_runtime)]),
    "hyt_runtime_used_bytes": (c_uint64, [POINTER(hyt_runtime)]),
    "hyt_runtime_packed_bytes": (c_uint64, [POINTER(hyt_runtime)]),
    "hyt_runtime_input_size": (c_size_t, [POINTER(hyt_runtime)]),
    "hyt_runtime_output_size": (c_size_t, [POINTER(hyt_runtime)]),
    "hyt_runtime_time": (c_int, [POINTER(hyt_runtime), c_double, POINTER(c_double), POINTER(c_double),
        POINTER(c_double)]),
    "hyt_detect": (c_int, [POINTER(hyt_graph), POINTER(c_float), c_double, c_double, c_size_t, POINTER(c_float),
        POINTER(c_float), POINTER(c_uint32), POINTER(c_size_t)]),
    "hyt_runtime_steps": (c_size_t, [POINTER(hyt_runtime)]),
    "hyt_runtime_step_kind": (c_char_p, [POINTER(hyt_runtime), c_size_t]),
    "hyt_runtime_step_value": (c_int32, [POINTER(hyt_runtime), c_size_t]),
    "hyt_runtime_step_precision": (c_int, [POINTER(hyt_runtime), c_size_t]),
    "hyt_runtime_profile": (c_int, [POINTER(hyt_runtime), c_double, POINTER(c_double)]),
    "hyt_search_options_create": (c_int, [POINTER(hyt_context), POINTER(POINTER(hyt_options))]),
    "hyt_search_create": (c_int, [POINTER(hyt_space), POINTER(hyt_options), POINTER(POINTER(hyt_search))]),
    "hyt_search_destroy": (None, [POINTER(hyt_search)]),
    "hyt_search_add_objective": (c_int, [POINTER(hyt_search), c_char_p, c_int]),
    "hyt_search_add_exact_objective": (c_int, [POINTER(hyt_search), c_char_p, c_int, hyt_measure_fn, c_void_p,
        hyt_release_fn]),
    "hyt_search_add_constraint": (c_int, [POINTER(hyt_search), c_char_p, hyt_measure_fn, c_void_p, hyt_release_fn,
        c_double]),
    "hyt_search_add_limit": (c_int, [POINTER(hyt_search), c_char_p, c_double]),
    "hyt_search_set_reference": (c_int, [POINTER(hyt_search), POINTER(c_double), c_size_t]),
    "hyt_search_ask": (c_int, [POINTER(hyt_search), c_size_t, POINTER(POINTER(hyt_trial)), POINTER(c_size_t)]),
    "hyt_search_tell": (c_int, [POINTER(hyt_search), POINTER(hyt_trial), c_int, POINTER(c_double), c_size_t]),
    "hyt_search_add_result": (c_int, [POINTER(hyt_search), POINTER(hyt_candidate), c_int, POINTER(c_double),
        c_size_t]),
    "hyt_search_add_sample": (c_int, [POINTER(hyt_search), POINTER(hyt_candidate), c_char_p, c_double]),
    "hyt_search_run": (c_int, [POINTER(hyt_search), hyt_evaluate_fn, c_void_p, hyt_progress_fn]),
    "hyt_search_stopped": (c_char_p, [POINTER(hyt_search)]),
    "hyt_search_objectives": (c_size_t, [POINTER(hyt_search)]),
    "hyt_search_objective_name": (c_char_p, [POINTER(hyt_search), c_size_t]),
    "hyt_search_objective_direction": (c_int, [POINTER(hyt_search), c_size_t]),
    "hyt_search_space": (POINTER(hyt_space), [POINTER(hyt_search)]),
    "hyt_search_size": (c_size_t, [POINTER(hyt_search)]),
    "hyt_search_trial": (POINTER(hyt_trial), [POINTER(hyt_search), c_size_t]),
    "hyt_search_trial_state": (c_int, [POINTER(hyt_search), c_size_t]),
    "hyt_search_trial_objectives": (POINTER(c_double), [POINTER(hyt_search), c_size_t]),
    "hyt_search_trial_mean": (c_int, [POINTER(hyt_search), c_size_t, POINTER(c_double), POINTER(c_double),
        c_size_t, POINTER(c_size_t)]),
    "hyt_search_trial_reports": (c_size_t, [POINTER(hyt_search), c_size_t]),
    "hyt_search_trial_report": (POINTER(c_double), [POINTER(hyt_search), c_size_t, c_size_t, POINTER(c_uint64)]),
    "hyt_search_trial_in_front": (c_int, [POINTER(hyt_search), c_size_t]),
    "hyt_search_pick_knee": (c_int, [POINTER(hyt_search), POINTER(c_size_t)]),
    "hyt_search_pick_weighted": (c_int, [POINTER(hyt_search), POINTER(c_double), c_size_t, POINTER(c_size_t)]),
    "hyt_search_pick_best": (c_int, [POINTER(hyt_search), c_size_t, POINTER(c_double), c_size_t, POINTER(c_size_t)]),
    "hyt_search_hypervolume": (c_int, [POINTER(hyt_search), POINTER(c_double)]),
    "hyt_search_reference": (c_int, [POINTER(hyt_search), POINTER(c_double), c_size_t]),
    "hyt_search_hypervolume_at": (c_int, [POINTER(hyt_search), c_size_t, POINTER(c_double)]),
    "hyt_search_set_journal": (c_int, [POINTER(hyt_search), hyt_asked_fn, hyt_told_fn, hyt_reported_fn, c_void_p,
        hyt_release_fn]),
    "hyt_search_restore": (c_int, [POINTER(hyt_search), c_uint64, POINTER(hyt_candidate), c_uint64, c_int,
        c_uint64, POINTER(c_double), c_size_t]),
    "hyt_search_restore_report": (c_int, [POINTER(hyt_search), c_uint64, c_uint64, POINTER(c_double), c_size_t]),
    "hyt_study_open": (c_int, [POINTER(hyt_context), c_char_p, c_int, POINTER(POINTER(hyt_study))]),
    "hyt_study_attach": (c_int, [POINTER(hyt_study), POINTER(hyt_search), c_char_p]),
    "hyt_study_destroy": (None, [POINTER(hyt_study)]),
    "hyt_study_size": (c_size_t, [POINTER(hyt_study)]),
    "hyt_study_objectives": (c_size_t, [POINTER(hyt_study)]),
    "hyt_study_objective_name": (c_char_p, [POINTER(hyt_study), c_size_t]),
    "hyt_study_objective_direction": (c_int, [POINTER(hyt_study), c_size_t]),
    "hyt_study_trial": (c_int, [POINTER(hyt_study), c_size_t, POINTER(c_uint64), POINTER(c_int), POINTER(c_char_p),
        POINTER(POINTER(c_double))]),
    "hyt_study_order": (c_int, [POINTER(hyt_study), c_size_t, POINTER(c_uint64), POINTER(c_uint64)]),
    "hyt_study_reports": (c_size_t, [POINTER(hyt_study), c_size_t]),
    "hyt_study_report": (POINTER(c_double), [POINTER(hyt_study), c_size_t, c_size_t, POINTER(c_uint64)]),
}
