// The certificate and its key, read and checked before anything is started: both there, both PEM, made for each
// other and not expired. Each mistake has its own remedy.

import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";

export interface Tls {
  readonly cert: string;
  readonly key: string;
}

/** null without TLS. Problems are added to `problems`. */
export function readTlsFiles(
  certPath: string | null,
  keyPath: string | null,
  nowMs: number,
  problems: string[],
): Tls | null {
  if (certPath === null && keyPath === null) return null;
  if (certPath === null || keyPath === null) {
    const [given, missing] = certPath === null ? ["--tls-key", "--tls-cert"] : ["--tls-cert", "--tls-key"];
    problems.push(`${given} was given without ${missing}. Give both, or none for plain HTTP.`);
    return null;
  }
  const cert = readPem("--tls-cert", certPath, problems);
  const key = readPem("--tls-key", keyPath, problems);
  if (cert === null || key === null) return null;
  check(cert, key, certPath, keyPath, nowMs, problems);
  return { cert, key };
}

function readPem(flag: string, path: string, problems: string[]): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const why =
      (error as NodeJS.ErrnoException).code === "ENOENT" ? "there is no such file" : "it cannot be read";
    problems.push(`${flag} ${path}: ${why}. Give the path of a PEM file that this user may read.`);
    return null;
  }
}

function check(
  cert: string,
  key: string,
  certPath: string,
  keyPath: string,
  nowMs: number,
  problems: string[],
): void {
  const certificate = parsed(() => new X509Certificate(cert));
  const privateKey = parsed<KeyObject>(() => createPrivateKey(key));
  if (certificate === null)
    problems.push(`--tls-cert ${certPath} holds no certificate in PEM form ("-----BEGIN CERTIFICATE-----").`);
  if (privateKey === null)
    problems.push(`--tls-key ${keyPath} holds no private key in PEM form without a passphrase.`);
  if (certificate === null || privateKey === null) return;
  if (!certificate.checkPrivateKey(privateKey))
    problems.push(
      `${keyPath} is not the key of the certificate in ${certPath}. Give the two that belong together.`,
    );
  if (Date.parse(certificate.validTo) < nowMs)
    problems.push(`The certificate in ${certPath} ran out on ${certificate.validTo}. Renew it.`);
}

function parsed<T>(parse: () => T): T | null {
  try {
    return parse();
  } catch {
    return null;
  }
}
