import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { expected } from '../../contract/errors';

/** Reads an Ed25519 public key in PEM form (`openssl pkey -in private.pem -pubout`). */
export function readPublicKey(pem: string): KeyObject {
  return readKey(pem, 'public', createPublicKey);
}

/** Reads an Ed25519 private key in PEM form (`openssl genpkey -algorithm ed25519`). */
export function readPrivateKey(pem: string): KeyObject {
  return readKey(pem, 'private', createPrivateKey);
}

function readKey(pem: string, kind: string, create: (pem: string) => KeyObject): KeyObject {
  let key: KeyObject;
  try {
    key = create(pem);
  } catch {
    // the text of a key is never repeated in a message
    throw expected(`an Ed25519 ${kind} key in PEM form`, `the ${kind} key`, `text of ${pem.length} characters`);
  }
  if (key.asymmetricKeyType === 'ed25519') return key;
  throw expected(`an Ed25519 ${kind} key`, `the ${kind} key`, `a key of type ${key.asymmetricKeyType ?? 'unknown'}`);
}

/**
 * Signs the exact bytes of a manifest. The manifest carries the model's SHA-256, so that this one signature covers both.
 *
 * @returns the content of `manifest.sig`: base64 and a line end
 */
export function signManifest(manifest: Uint8Array, privateKeyPem: string): string {
  return `${sign(null, manifest, readPrivateKey(privateKeyPem)).toString('base64')}\n`;
}

/** Checks `manifest.sig` against the manifest's bytes; Ed25519 as in RFC 8032. */
export function isSignedBy(manifest: Uint8Array, signature: string, publicKeyPem: string): boolean {
  return verify(null, manifest, readPublicKey(publicKeyPem), Buffer.from(signature.trim(), 'base64'));
}
