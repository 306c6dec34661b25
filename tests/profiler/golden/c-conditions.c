#ifndef FOO_GUARD
#define FOO_GUARD
#include <in-a-guard.h>
#endif
#ifdef _WIN32
#include <windows.h>
#include <winsock2.h>
#else
#include <sys/socket.h>
#endif
#if defined(__APPLE__) || defined(__FreeBSD__)
#include <sys/sysctl.h>
#elif defined(_MSC_VER)
#include <intrin.h>
#elif defined(__linux__)
#include <sys/sysinfo.h>
#endif
#ifdef __linux__
#include <linux/if.h>
#else
#include <net/if.h>
#endif
#ifndef __linux__
#error "no"
#include <elsewhere.h>
#endif
#if !defined(_WIN32)
#include <unistd.h>
#else
#include <io.h>
#endif
#ifdef HAVE_ZSTD
#include <zstd.h>
#endif
#define USE_LZ4 1
#ifdef USE_LZ4
#include <lz4.h>
#endif
#if defined(WITH_GTK) && WITH_GTK
#include <gtk/gtk.h>
#endif
#ifdef __cplusplus
extern "C" {
#endif
#if __STDC_VERSION__ >= 201112L
#include <threads.h>
#endif
int main(void) { return 0; }
