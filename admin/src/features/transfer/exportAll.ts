import { listEntries } from '../../api/entries';
import type { Collection, Entry } from '../../api/types';
import { csvFile, download } from '../../lib/csv';
import { rawText, targetsOf } from './mapping';

const page = 100; // the API's largest

/** Saves a collection as a CSV file that an import reads back: every field, in every language, as it is being written. */
export async function exportAll(collection: Collection, locales: string[], told: (done: number) => void): Promise<void> {
  const byLocale = new Map<string, Map<string, Entry>>();
  const order = new Set<string>();
  let done = 0;
  for (const locale of locales) {
    const entries = new Map<string, Entry>();
    byLocale.set(locale, entries);
    let after: string | undefined;
    do {
      const answer = await listEntries({ collection: collection.name, locale, size: page, after });
      for (const e of answer.entries) {
        order.add(e.id);
        entries.set(e.id, e);
      }
      told((done += answer.entries.length));
      after = answer.next;
    } while (after);
  }
  const targets = targetsOf(collection, locales);
  const cell = (id: string, word: string, name: string | undefined, locale: string | undefined) => {
    if (word === 'id') return id;
    const entry = byLocale.get(locale ?? locales[0] ?? '')?.get(id);
    // A list falls back to another language, which this column is not of.
    return entry && name && (!locale || entry.locale === locale) ? rawText(entry[name]) : '';
  };
  const rows = [...order].map((id) => targets.map((t) => cell(id, t.word, t.field?.name, t.locale)));
  download(csvFile(targets.map((t) => t.word), [rows]), `${collection.name}.csv`);
}
