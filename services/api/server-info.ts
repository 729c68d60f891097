// GET /v1/server: what a client wants to know before anybody has logged in.

import { createRoute, z } from "@hono/zod-openapi";
import type { Accounts } from "#ports/accounts.ts";
import { protocolVersion } from "#protocol/frames.ts";
import { answer } from "./answer.ts";
import { limitAddress } from "./authenticate.ts";
import type { ApiConfig } from "./config.ts";
import { type Api, errors, json } from "./http.ts";
import { operation } from "./operation.ts";
import type { Rates } from "./rates.ts";

const serverInfoBody = z
  .object({
    name: z.string(),
    version: z.string(),
    signUp: z.enum(["first", "open", "invitation", "closed"]).openapi({
      description: "`first`: nobody is here yet; the first account becomes owner of the installation.",
    }),
    protocolVersions: z.array(z.int()).openapi({ description: "Of the live wire, see protocol/SPEC.md." }),
  })
  .openapi("ServerInfo");

const route = createRoute({
  method: "get",
  path: "/v1/server",
  tags: ["Server"],
  operationId: "serverInfo",
  summary: "About this server",
  security: [],
  responses: { 200: { description: "About this server.", content: json(serverInfoBody) }, ...errors() },
});

export interface ServerInfoParts {
  readonly accounts: Pick<Accounts, "anyAccount">;
  readonly rates: Pick<Rates, "request">;
  readonly config: Pick<ApiConfig, "serverName" | "version" | "signUp">;
}

export function serverInfo(api: Api, { accounts, rates, config }: ServerInfoParts): void {
  let hasAccounts = false;
  operation(api, { ...route, middleware: limitAddress(rates) }, async (c) => {
    hasAccounts ||= await accounts.anyAccount();
    return answer(
      c,
      {
        name: config.serverName,
        version: config.version,
        signUp: hasAccounts ? config.signUp : ("first" as const),
        protocolVersions: [protocolVersion],
      },
      200,
    );
  });
}
