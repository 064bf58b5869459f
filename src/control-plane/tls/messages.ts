/** What control plane and TLS process say to each other. */
import type { KeyAndCertificate } from './certificates.ts';

export interface TlsListener {
  readonly name: 'domain' | 'trust';
  readonly host: string;
  readonly port: number;
  /** For clients that ask for none of `names`. */
  readonly certificate?: KeyAndCertificate;
  /** Certificates for these are made on demand, by `authority`. */
  readonly names: readonly string[];
  readonly authority?: KeyAndCertificate;
}

export type ToTls =
  | {
      readonly kind: 'start';
      /** Where the control plane answers without TLS. */
      readonly host: string;
      readonly port: number;
      /** By which processes of ours believe each other what they say of a client. */
      readonly secret: string;
    }
  /** The same name again, at the same address: its certificates are other ones from now on. */
  | { readonly kind: 'listen'; readonly listener: TlsListener }
  | { readonly kind: 'unlisten'; readonly name: TlsListener['name'] }
  | { readonly kind: 'stop' };

export type FromTls =
  | { readonly kind: 'listening'; readonly name: TlsListener['name']; readonly port: number }
  | { readonly kind: 'refused'; readonly name: TlsListener['name']; readonly code: string; readonly message: string }
  | { readonly kind: 'log'; readonly line: string };
