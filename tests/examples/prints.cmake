# SPDX-License-Identifier: Apache-2.0
# Runs a program whose output is a committed file: cmake -DPROGRAM=... -DFILE=... -P prints.cmake
execute_process(COMMAND ${PROGRAM} OUTPUT_VARIABLE said RESULT_VARIABLE status)
file(READ ${FILE} committed)
if(NOT status EQUAL 0 OR NOT said STREQUAL committed)
  message(FATAL_ERROR "exit status ${status}, and the output is not ${FILE}:\n${said}")
endif()
