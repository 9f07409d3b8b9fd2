// A clock that goes backwards, a minute at each look, for `node --import`.
const RealDate = Date;
const start = RealDate.now();
let looks = 0;
const now = () => start - 60_000 * ++looks;

globalThis.Date = class extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(now());
    else super(...args);
  }
  static now = now;
};
