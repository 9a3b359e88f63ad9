# SPDX-License-Identifier: Apache-2.0
# cmake --install, and the package that find_package(weft) finds.
include(CMakePackageConfigHelpers)

install(TARGETS weft EXPORT weft-targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
foreach(dir IN LISTS weft_include_dirs)
  install(DIRECTORY ${dir}/weft DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
endforeach()
install(EXPORT weft-targets NAMESPACE weft:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/weft)
configure_package_config_file(cmake/weftConfig.cmake.in ${PROJECT_BINARY_DIR}/weftConfig.cmake
                              INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/weft)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/weftConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/weftConfig.cmake ${PROJECT_BINARY_DIR}/weftConfigVersion.cmake
        ${PROJECT_SOURCE_DIR}/cmake/Findxsmm.cmake DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/weft)

# weft.pc, for builds that use pkg-config: `pkg-config --libs weft`, with --static for a static libweft.
if(weft_blas STREQUAL "xsmm")
  set(weft_pc_blas "-lxsmm -lxsmmnoblas")
else()
  set(weft_pc_blas "${BLAS_LIBRARIES}")
endif()
set(weft_pc_cuda "")
if(weft_cuda STREQUAL "ON")
  set(weft_pc_cuda "-lcudart_static")
endif()
file(RELATIVE_PATH weft_pc_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(cmake/weft.pc.in ${PROJECT_BINARY_DIR}/weft.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/weft.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
