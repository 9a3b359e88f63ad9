# SPDX-License-Identifier: Apache-2.0
# Runs a program that must succeed and say something.
# cmake -DPROGRAM=... -DARGUMENTS=... -DMESSAGE=... -P says.cmake
separate_arguments(ARGUMENTS UNIX_COMMAND "${ARGUMENTS}")
execute_process(COMMAND ${PROGRAM} ${ARGUMENTS} OUTPUT_VARIABLE said RESULT_VARIABLE status)
if(NOT status EQUAL 0 OR NOT said MATCHES "${MESSAGE}")
  message(FATAL_ERROR "exit status ${status}, wanted '${MESSAGE}' in the output:\n${said}")
endif()
