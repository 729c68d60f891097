// Where clients and outer balancers arrive: who they are is written down, what they claim is struck out, and each
// request goes to the gateways or to the API.

import type { Section } from "#ops/cluster/haproxy-config.ts";
import { at, type HaproxySpec } from "#ops/cluster/haproxy-spec.ts";

export function frontends(spec: HaproxySpec): Section[] {
  return [publicFrontend(spec), ...redirect(spec)];
}

function publicFrontend({ listen, outer }: HaproxySpec): Section {
  return [
    "frontend public",
    `bind ${at(listen)} name clients${tls(listen.certificate)}`,
    ...(outer ? [`bind ${at(outer)} name outer accept-proxy${tls(outer.certificate)}`] : []),
    "acl is_encrypted ssl_fc",
    ...(outer?.endsTls ? ["acl is_encrypted so_name outer"] : []),
    // Whether anybody can be served: for the balancer further out, or for DNS.
    "monitor-uri /balancer",
    "monitor fail if { nbsrv(gateways) lt 1 } || { nbsrv(api) lt 1 }",
    // Behind a balancer the metrics would be those of a process chosen by chance.
    "http-request return status 404 if { path /metrics }",
    // Only what HAProxy has seen itself counts; Banyan believes it by --trusted-proxies.
    "http-request del-header X-Forwarded-For",
    "http-request del-header Forwarded",
    "option forwardfor",
    "http-request set-header X-Forwarded-Proto https if is_encrypted",
    "http-request set-header X-Forwarded-Proto http unless is_encrypted",
    "use_backend gateways if { path /v1/socket }",
    "default_backend api",
  ];
}

function redirect({ redirectFrom }: HaproxySpec): Section[] {
  if (!redirectFrom) return [];
  return [["frontend plain", `bind ${at(redirectFrom)}`, "http-request redirect scheme https code 308"]];
}

function tls(certificate: string | undefined): string {
  return certificate === undefined ? "" : ` ssl crt ${certificate} alpn h2,http/1.1`;
}
