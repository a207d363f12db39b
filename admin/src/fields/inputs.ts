import type { ComponentType } from 'react';
import { Input as address } from './address/Input';
import { Input as asset } from './asset/Input';
import { Input as blocks } from './blocks/Input';
import { Input as boolean } from './boolean/Input';
import { Input as date } from './date/Input';
import { Input as datetime } from './datetime/Input';
import { Input as email } from './email/Input';
import { Input as gallery } from './gallery/Input';
import { Input as geopoint } from './geopoint/Input';
import { Input as group } from './group/Input';
import { Input as json } from './json/Input';
import { Input as list } from './list/Input';
import { Input as longtext } from './longtext/Input';
import { Input as markdown } from './markdown/Input';
import { Input as number } from './number/Input';
import { Input as period } from './period/Input';
import { Input as phone } from './phone/Input';
import { Input as relation } from './relation/Input';
import { Input as select } from './select/Input';
import { Input as slug } from './slug/Input';
import { Input as terms } from './terms/Input';
import { Input as text } from './text/Input';
import type { InputProps } from './types';
import { Input as url } from './url/Input';

/** The control of each kind. Nothing registers itself: this is the list. */
export const inputs: Record<string, ComponentType<InputProps>> = {
  text, longtext, markdown, slug,
  number, boolean, date, datetime, period,
  select, terms, relation, asset, gallery,
  geopoint, address, email, url, phone,
  group, list, blocks, json,
};
