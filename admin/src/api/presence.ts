import { api, dataOf } from './client';

/** Somebody who has an entry open. */
export interface Present {
  tab: string;
  user: string;
  name: string;
  locale?: string;
  since: string;
  typed?: string;
  took?: string;
}

export interface Sign {
  tab: string;
  locale?: string;
  typed?: boolean;
  take?: boolean;
}

/** Says that this window has an entry open, and gives who else has. */
export async function signPresence(collection: string, entry: string, sign: Sign): Promise<Present[]> {
  return dataOf(await api.POST('/entries/{collection}/{entry}/presence' as never, { params: { path: { collection, entry } }, body: sign } as never)) as Present[];
}

/** Says that this window is closed: also while it is closing. */
export function leaveEntry(collection: string, entry: string, tab: string): void {
  const body = new Blob([JSON.stringify({ tab, leave: true })], { type: 'application/json' });
  navigator.sendBeacon(`/api/v1/entries/${encodeURIComponent(collection)}/${encodeURIComponent(entry)}/presence`, body);
}
