# SPDX-License-Identifier: Apache-2.0
# libxsmm's kernels for small products, as the target xsmm::xsmm. Installed with weft, because a static libweft passes
# the library on to the final link, wherever that machine has it.
find_path(XSMM_INCLUDE_DIR libxsmm.h)
find_library(XSMM_LIBRARY NAMES libxsmm.a xsmm)
find_library(XSMM_NOBLAS_LIBRARY NAMES libxsmmnoblas.a xsmmnoblas)
mark_as_advanced(XSMM_INCLUDE_DIR XSMM_LIBRARY XSMM_NOBLAS_LIBRARY)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(xsmm REQUIRED_VARS XSMM_LIBRARY XSMM_NOBLAS_LIBRARY XSMM_INCLUDE_DIR)
if(xsmm_FOUND AND NOT TARGET xsmm::xsmm)
  add_library(xsmm::xsmm INTERFACE IMPORTED)
  set_target_properties(xsmm::xsmm PROPERTIES
    INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${XSMM_INCLUDE_DIR}"
    INTERFACE_LINK_LIBRARIES "${XSMM_LIBRARY};${XSMM_NOBLAS_LIBRARY};m;rt")
endif()
