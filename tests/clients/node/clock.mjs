// Puts the clock that scripts read ahead by so many milliseconds, or back.
export function shiftClock(milliseconds) {
  const RealDate = Date;
  globalThis.Date = class extends RealDate {
    constructor(...given) {
      if (given.length > 0) super(...given);
      else super(RealDate.now() + milliseconds);
    }

    static now() {
      return RealDate.now() + milliseconds;
    }
  };
}
