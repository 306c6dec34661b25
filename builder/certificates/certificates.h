/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_CERTIFICATES_CERTIFICATES_H
#define SBX_BUILDER_CERTIFICATES_CERTIFICATES_H

#include <stdio.h>

/*
 * update-ca-certificates(8) without five processes for each certificate: what maintainer scripts
 * find in the place of the template's own, if that is one that it was compared with
 * (builder/build/stand_ins.c). Where something is out of the ordinary, it runs the template's own.
 * The hash links are made by the template's openssl.
 */

#define SBX_CERTIFICATES_CONFIGURATION "/etc/ca-certificates.conf"
#define SBX_CERTIFICATES_SHIPPED       "/usr/share/ca-certificates"
#define SBX_CERTIFICATES_LOCAL	       "/usr/local/share/ca-certificates"
#define SBX_CERTIFICATES_FOLDER	       "/etc/ssl/certs"
#define SBX_CERTIFICATES_BUNDLE	       "/etc/ssl/certs/ca-certificates.crt"
#define SBX_CERTIFICATES_ORIGINAL      "/run/sbx/update-ca-certificates" /* the template's */

/* What is to be: certificates in order. Every string is the list's own. */
struct sbx_certificates {
	char **wanted;	 /* paths of certificates */
	char **unwanted; /* paths of links in SBX_CERTIFICATES_FOLDER */
	size_t n_wanted, n_unwanted;
};

/* Read the configuration and the local certificates. -1: leave all of it to the template's own. */
int sbx_certificates_plan(struct sbx_certificates *plan);

/* The link's path for a certificate's, newly allocated; `plain` as it is named for removal. */
enum sbx_certificates_name { SBX_CERTIFICATES_LINK, SBX_CERTIFICATES_UNWANTED };
char *sbx_certificates_link(const char *certificate, enum sbx_certificates_name name);

/*
 * Make links and bundle. What was added ("+path") and removed ("-path") is written to `told`, a
 * line each. The exit status of the whole program.
 */
int sbx_certificates_apply(const struct sbx_certificates *plan, FILE *told);

#endif
