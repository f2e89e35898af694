/** Server-sent events from the text of a stream, whose parts end anywhere (WHATWG HTML, 9.2). */

export interface ServerEvent {
  readonly name: string;
  readonly data: string;
}

export class EventParser {
  #rest = "";
  #name = "";
  #data: string[] = [];
  #lastId = "";
  #retryMs: number | undefined;

  /** The id of the last event that has one. */
  get lastId(): string {
    return this.#lastId;
  }

  /** How long the server asks to wait before connecting again. */
  get retryMs(): number | undefined {
    return this.#retryMs;
  }

  /** Return the events that are complete with this part. */
  push(part: string): readonly ServerEvent[] {
    const lines = (this.#rest + part).split("\n");
    this.#rest = lines.pop() ?? "";
    const events: ServerEvent[] = [];
    for (const line of lines) {
      const text = line.endsWith("\r") ? line.slice(0, -1) : line;
      if (text !== "") this.#readField(text);
      else if (this.#data.length > 0) events.push(this.#take());
      else this.#name = "";
    }
    return events;
  }

  #readField(line: string): void {
    const colon = line.indexOf(":");
    // A line that begins with a colon is a comment, such as a heartbeat.
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.#name = value;
    else if (field === "data") this.#data.push(value);
    else if (field === "id" && !value.includes("\0")) this.#lastId = value;
    else if (field === "retry" && /^\d+$/.test(value)) this.#retryMs = Number(value);
  }

  #take(): ServerEvent {
    const event = { name: this.#name || "message", data: this.#data.join("\n") };
    this.#name = "";
    this.#data = [];
    return event;
  }
}
