import type { ComponentType } from 'react';
import { Cell as address } from './address/Cell';
import { Cell as asset } from './asset/Cell';
import { Cell as boolean } from './boolean/Cell';
import { Cell as date } from './date/Cell';
import { Cell as datetime } from './datetime/Cell';
import { Cell as geopoint } from './geopoint/Cell';
import { Cell as list } from './list/Cell';
import { Cell as number } from './number/Cell';
import { Cell as period } from './period/Cell';
import { Cell as relation } from './relation/Cell';
import { Cell as select } from './select/Cell';
import { Cell as text } from './text/Cell';
import type { CellProps, Comparison } from './types';
import { Cell as url } from './url/Cell';

interface Shown {
  Cell?: ComponentType<CellProps>;
  compare: Comparison;
}

/** How a list shows a value of each kind, and how a filter compares it. */
export const cells: Record<string, Shown> = {
  text: { Cell: text, compare: 'text' },
  longtext: { Cell: text, compare: 'none' },
  markdown: { Cell: text, compare: 'none' },
  slug: { Cell: text, compare: 'text' },
  number: { Cell: number, compare: 'number' },
  boolean: { Cell: boolean, compare: 'boolean' },
  date: { Cell: date, compare: 'date' },
  datetime: { Cell: datetime, compare: 'datetime' },
  period: { Cell: period, compare: 'date' },
  select: { Cell: select, compare: 'keys' },
  terms: { Cell: relation, compare: 'keys' },
  relation: { Cell: relation, compare: 'keys' },
  asset: { Cell: asset, compare: 'none' },
  gallery: { Cell: list, compare: 'none' },
  geopoint: { Cell: geopoint, compare: 'none' },
  address: { Cell: address, compare: 'none' },
  email: { Cell: text, compare: 'text' },
  url: { Cell: url, compare: 'text' },
  phone: { Cell: text, compare: 'text' },
  group: { compare: 'none' },
  list: { Cell: list, compare: 'none' },
  blocks: { Cell: list, compare: 'none' },
  json: { compare: 'none' },
};
