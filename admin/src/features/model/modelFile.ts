import type { Collection } from '../../api/types';

/** A model as it travels between sites: the definitions, without what is of one site only. */
export interface ModelFile {
  recueil: 'model';
  version: 1;
  collections: Collection[];
}

export function writtenModel(collections: Collection[]): string {
  const plain = collections.map(({ revision: _, ...rest }) => rest);
  return JSON.stringify({ recueil: 'model', version: 1, collections: plain }, null, 1);
}

const most = 500; // collections in one file

/** Reads a file that was exported, or one definition alone; null: it is neither. */
export function readModel(text: string): Collection[] | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const listed = (value as Partial<ModelFile> | null)?.recueil === 'model' ? (value as ModelFile).collections : [value];
  const good = (c: unknown): c is Collection => typeof c === 'object' && c !== null && typeof (c as Collection).id === 'string' && Array.isArray((c as Collection).fields);
  return Array.isArray(listed) && listed.length > 0 && listed.length <= most && listed.every(good) ? listed : null;
}
