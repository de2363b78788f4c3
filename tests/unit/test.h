/* What every unit test needs: cmocka, whose header wants these four before it. */
#ifndef TESTS_UNIT_TEST_H
#define TESTS_UNIT_TEST_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
