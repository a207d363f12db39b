import { Avatar, Menu, UnstyledButton, useMantineColorScheme } from '@mantine/core';
import { IconKeyboard, IconLogout, IconMoon, IconSun, IconUserCog } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { api } from '../api/client';
import { signOut, useMe } from '../api/session';
import { SpeechSwitch } from '../components/SpeechSwitch';
import { useI18n, type Speech } from '../i18n/i18n';
import { openShortcuts } from './Shortcuts';

export function AccountMenu() {
  const { t } = useI18n();
  const me = useMe();
  const cache = useQueryClient();
  const { colorScheme, toggleColorScheme } = useMantineColorScheme();
  const dark = colorScheme === 'dark';
  const name = me?.user?.name ?? '';

  // The choice goes with the person; that it was not kept is no reason to complain.
  const keepSpeech = (locale: Speech) => void api.PATCH('/me', { body: { locale } }).catch(() => undefined);
  const leave = async () => {
    await signOut();
    await cache.resetQueries();
  };

  return (
    <Menu position="bottom-end" width={280}>
      <Menu.Target>
        <UnstyledButton aria-label={t('account', { name })} className="account">
          <Avatar radius="xl" size={34} color="recueil.9" variant="filled" />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{name} · {me?.user?.email}</Menu.Label>
        <Menu.Item leftSection={<IconUserCog size={16} />} component={Link} to="/account">{t('account.mine')}</Menu.Item>
        <Menu.Item closeMenuOnClick={false} component="div" className="plain">
          <SpeechSwitch onChoose={keepSpeech} />
        </Menu.Item>
        <Menu.Item leftSection={dark ? <IconSun size={16} /> : <IconMoon size={16} />} onClick={toggleColorScheme} closeMenuOnClick={false}>
          {t(dark ? 'scheme.light' : 'scheme.dark')}
        </Menu.Item>
        <Menu.Item leftSection={<IconKeyboard size={16} />} onClick={openShortcuts}>{t('shortcuts')}</Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} className="flips" />} onClick={() => void leave()}>{t('session.sign_out')}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
