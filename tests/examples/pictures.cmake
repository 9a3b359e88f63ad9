# SPDX-License-Identifier: Apache-2.0
# The pictures that a page shows are those that the examples have drawn: cmake -DSHOWN=... -DDRAWN=... -P pictures.cmake
file(GLOB shown RELATIVE ${SHOWN} ${SHOWN}/*)
file(GLOB drawn RELATIVE ${DRAWN} ${DRAWN}/*)
# Programs with more files than pictures: confusion.svg of digits, and residual.
list(REMOVE_ITEM shown mnist.svg residual_activation.svg)
if(NOT shown STREQUAL drawn)
  message(FATAL_ERROR "shown: ${shown}\ndrawn: ${drawn}")
endif()
