# SPDX-License-Identifier: Apache-2.0
# --quiet leaves two lines: cmake -DPROGRAM=... -DOUT=... -DBATCH=... -P quiet.cmake
execute_process(COMMAND ${PROGRAM} --quiet --epochs 1 --batch-size ${BATCH} --seed 3 --lr 0.02 --device cpu --out ${OUT}
                OUTPUT_VARIABLE said ERROR_VARIABLE complained RESULT_VARIABLE status)
if(NOT status EQUAL 0 OR complained)
  message(FATAL_ERROR "exit status ${status}\n${complained}")
endif()
if(NOT said MATCHES "^test accuracy [0-9.]+ %\nwrote [^\n]*model.safetensors, history.json, report.html, confusion.svg\n$")
  message(FATAL_ERROR "this is not quiet:\n${said}")
endif()
file(READ ${OUT}/history.json history)
string(JSON seed GET ${history} seed)
string(JSON rate GET ${history} lr)
string(JSON batch GET ${history} batch_size)
string(JSON device GET ${history} device)
if(NOT seed EQUAL 3 OR NOT rate EQUAL 0.02 OR NOT batch EQUAL BATCH OR NOT device MATCHES "^cpu, ")
  message(FATAL_ERROR "the options did not reach the run: ${history}")
endif()
