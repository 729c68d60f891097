// Who does what only one should do at a time. Two at once for a moment must do no harm: a lease saves work, it does
// not guard it. Rule P79 in ports/SPEC.md.
//
// P79 a name has one holder at a time, by the store's own clock; who is silent longer than its lease has lost it.

export interface Leases {
  /** Takes or renews the lease for `forMs`; false while another holds it. */
  hold(name: string, holder: string, forMs: number): Promise<boolean>;
  /** Gives it up at once; does nothing for who does not hold it. */
  release(name: string, holder: string): Promise<void>;
}
