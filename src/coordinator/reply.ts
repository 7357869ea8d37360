/** The answer to one request, which may have to wait for others. Given once; later ones are ignored. */
export class Reply<T> {
  readonly #respond: (value: T) => void;
  #given = false;

  constructor(respond: (value: T) => void) {
    this.#respond = respond;
  }

  get isGiven(): boolean {
    return this.#given;
  }

  give(value: T): void {
    if (this.#given) return;
    this.#given = true;
    this.#respond(value);
  }
}
