# SPDX-License-Identifier: Apache-2.0
# Runs a program that must refuse: cmake -DPROGRAM=... -DARGUMENTS="..." -DMESSAGE="regex" -P refusal.cmake
separate_arguments(ARGUMENTS)
execute_process(COMMAND ${PROGRAM} ${ARGUMENTS} OUTPUT_VARIABLE said ERROR_VARIABLE said RESULT_VARIABLE status)
if(status EQUAL 0 OR NOT status MATCHES "^[0-9]+$")
  message(FATAL_ERROR "exit status ${status}\n${said}")
endif()
if(NOT said MATCHES "${MESSAGE}")
  message(FATAL_ERROR "'${MESSAGE}' is not in: ${said}")
endif()
