// A certificate for 127.0.0.1 that lasts a day, in the one file that HAProxy reads.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export async function makeCertificate(folder: string): Promise<string> {
  const [key, certificate, both] = ["key.pem", "certificate.pem", "both.pem"].map((name) =>
    join(folder, name),
  );
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  const files = ["-keyout", key!, "-out", certificate!];
  const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"];
  const openssl = Bun.spawn(["openssl", "req", ...kind, ...subject, ...files], {
    stdout: "ignore",
    stderr: "pipe",
  });
  const says = await new Response(openssl.stderr).text();
  if ((await openssl.exited) !== 0) throw new Error(`openssl: ${says}`);
  writeFileSync(both!, readFileSync(certificate!, "utf8") + readFileSync(key!, "utf8"), { mode: 0o600 });
  return both!;
}
