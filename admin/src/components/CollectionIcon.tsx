import {
  IconArrowsRight, IconBell, IconBook2, IconBuildingBank, IconBuildingCommunity, IconBulb, IconCalendar, IconChartBar, IconChecklist, IconCoins,
  IconFile, IconFolder, IconMail, IconShield, IconStack2, IconMap2, IconMenu2, IconMessages, IconNews, IconPuzzle, IconRocket, IconSchool, IconSettings, IconTags,
  IconUser, IconUsers, type IconProps,
} from '@tabler/icons-react';
import type { ComponentType } from 'react';

const icons: Record<string, ComponentType<IconProps>> = {
  association: IconBuildingCommunity, authority: IconBuildingBank, experience: IconBulb, fund: IconCoins, menu: IconMenu2,
  news: IconNews, page: IconFile, person: IconUser, project: IconRocket, settings: IconSettings, study: IconBook2,
  map: IconMap2, term: IconTags, redirect: IconArrowsRight,
  // For plugins, too.
  plugin: IconPuzzle, calendar: IconCalendar, chart: IconChartBar, checklist: IconChecklist, school: IconSchool, messages: IconMessages,
  mail: IconMail, bell: IconBell, people: IconUsers, users: IconUsers,
  shield: IconShield, layers: IconStack2, file: IconFile,
};

/** The sign of a collection, by the word in its definition. */
export function CollectionIcon({ name, ...rest }: { name?: string } & IconProps) {
  const Icon = icons[name ?? ''] ?? IconFolder;
  return <Icon aria-hidden {...rest} />;
}
