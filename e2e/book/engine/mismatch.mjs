/** The manual says something that the pages do not. */
export class Mismatch extends Error {
  constructor(message) {
    super(message);
    this.name = "Mismatch";
  }

  /** The same with the place in the manual where it stands. */
  at(chapter, step, page) {
    return new Mismatch(`chapter 「${chapter.title}」, step ${step.number} 「${step.title}」 on ${page}:\n  ${this.message}`);
  }
}
