/* SPDX-License-Identifier: MIT */
/* Numbers as text that files and programs read: always with a decimal point, whatever the locale of the host. */
#ifndef HYTI_BASE_NUMBER_H
#define HYTI_BASE_NUMBER_H

#define HYTI_NUMBER_SIZE 40

/* Shortest decimal that reads back as the same double; "null" where not finite. */
void hyti_number_print(double value, char text[HYTI_NUMBER_SIZE]);
/* As strtod: *end is `text` itself where no number starts. */
double hyti_number_read(const char *text, char **end);

#endif
