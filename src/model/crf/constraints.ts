/** Which paths a CRF may take. What they rule out has no probability at all, however badly all else scores. */
export interface PathConstraints {
  /** Whether a path may step from one label to the next; `NO_LABEL` is before its first and after its last. */
  readonly allows?: (from: number, to: number) => boolean;
  /** The labels that a step may have, for steps that may not have any. */
  readonly labelsAt?: ReadonlyMap<number, ReadonlySet<number>>;
}
