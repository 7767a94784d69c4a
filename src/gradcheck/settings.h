/* Law: an op computed with other settings. */
#ifndef TAD_GRADCHECK_SETTINGS_H
#define TAD_GRADCHECK_SETTINGS_H

#include "op_problem.h"
#include "report.h"

/* On every sample; settings: of the workspace's tape, which others differ from. */
tad_status tad__check_settings(tad__notes *notes, tad__workspace *workspace, const tad_op *op,
                               uint64_t seed, const tad_settings *settings);

#endif
