# SPDX-License-Identifier: Apache-2.0
# Programs of ours can be linked statically with musl instead of the compiler's own C library, where
# Debian's musl-tools are installed. Only GCC takes their specs, and no sanitizer works with them.

# sbx_find_musl(): sets SBX_MUSL_SPECS to the file for the compiler, or to nothing.
function(sbx_find_musl)
	set(SBX_MUSL_SPECS "" PARENT_SCOPE)
	if(SBX_SANITIZE OR SBX_FUZZ OR NOT CMAKE_C_COMPILER_ID STREQUAL GNU)
		return()
	endif()
	string(REPLACE gnu musl place "${CMAKE_C_LIBRARY_ARCHITECTURE}")
	find_file(SBX_MUSL_FILE musl-gcc.specs PATHS /usr/lib/${place} NO_DEFAULT_PATH)
	if(SBX_MUSL_FILE)
		set(SBX_MUSL_SPECS ${SBX_MUSL_FILE} PARENT_SCOPE)
	else()
		message(STATUS "No musl-gcc.specs (package musl-tools): sbx-provision is linked with "
			"the compiler's C library, and starts later")
	endif()
endfunction()

# sbx_use_musl(TARGET): compile and link this executable that way. Of the host's headers it sees the
# kernel's alone.
function(sbx_use_musl target)
	set(kernel ${CMAKE_BINARY_DIR}/kernel-headers)
	file(MAKE_DIRECTORY ${kernel})
	foreach(part linux asm-generic)
		file(CREATE_LINK /usr/include/${part} ${kernel}/${part} SYMBOLIC)
	endforeach()
	file(CREATE_LINK /usr/include/${CMAKE_C_LIBRARY_ARCHITECTURE}/asm ${kernel}/asm SYMBOLIC)
	target_compile_options(${target} PRIVATE -specs=${SBX_MUSL_SPECS} -idirafter ${kernel})
	target_link_options(${target} PRIVATE -specs=${SBX_MUSL_SPECS} -static)
endfunction()
