/** One thing wrong with what was sent. The pointer leads into the body. */
export interface FieldProblem {
  pointer: string;
  code: string;
  detail: string;
}

/** What the API says when it refuses (RFC 9457), or that it was not reached. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly errors: FieldProblem[];
  /** Further members, such as current_revision. */
  readonly more: Record<string, unknown>;

  constructor(body: Record<string, unknown>, status: number) {
    super(typeof body.detail === 'string' ? body.detail : '');
    this.name = 'Problem';
    this.status = status;
    this.code = typeof body.code === 'string' ? body.code : 'unknown';
    this.errors = Array.isArray(body.errors) ? (body.errors as FieldProblem[]) : [];
    this.more = body;
  }

  /** The server was not reached, or was not able to answer: try again later. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }

  get signedOut(): boolean {
    return this.status === 401;
  }
}

export function asProblem(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem({ code: 'offline' }, 0);
}

/** The problems below a pointer, seen from there. */
export function below(problems: FieldProblem[], step: string): FieldProblem[] {
  const head = '/' + step;
  return problems
    .filter((p) => p.pointer === head || p.pointer.startsWith(head + '/'))
    .map((p) => ({ ...p, pointer: p.pointer.slice(head.length) }));
}
