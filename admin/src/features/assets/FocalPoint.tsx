import { Box, Group, Text } from '@mantine/core';
import { useRef, type KeyboardEvent, type MouseEvent } from 'react';
import type { Asset } from '../../api/types';
import { useI18n } from '../../i18n/i18n';

interface Props {
  asset: Asset;
  focus?: { x: number; y: number };
  onFocus(focus: { x: number; y: number }): void;
  readOnly: boolean;
}

const step = 0.02; // of the picture, for one press of an arrow
const clamp = (v: number) => Math.min(1, Math.max(0, Math.round(v * 100) / 100));

/** Says what has to stay in sight where a picture is cropped, and shows the crops. */
export function FocalPoint({ asset, focus = { x: 0.5, y: 0.5 }, onFocus, readOnly }: Props) {
  const { t } = useI18n();
  const box = useRef<HTMLButtonElement>(null);
  const put = (e: MouseEvent) => {
    // A press by keyboard has no place of its own.
    if (readOnly || !box.current || e.detail === 0) return;
    const b = box.current.getBoundingClientRect();
    onFocus({ x: clamp((e.clientX - b.left) / b.width), y: clamp((e.clientY - b.top) / b.height) });
  };
  const keys = (e: KeyboardEvent) => {
    const way = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[e.key] as [number, number] | undefined;
    if (!way || readOnly) return;
    e.preventDefault();
    onFocus({ x: clamp(focus.x + way[0] * step), y: clamp(focus.y + way[1] * step) });
  };
  const source = asset.renditions?.w640 ?? asset.renditions?.w320 ?? asset.url;
  const crops = [{ name: 'square', ratio: 1 }, { name: 'card', ratio: 640 / 360 }, { name: 'banner', ratio: 3 }] as const;
  return (
    <section aria-label={t('focus')}>
      <Text fw={600} size="sm">{t('focus')}</Text>
      <Text size="xs" c="dimmed" mb={4} id="focus-help">{t('focus.help')}</Text>
      <button ref={box} type="button" className="focal" aria-label={t('focus.at', { x: Math.round(focus.x * 100), y: Math.round(focus.y * 100) })} aria-describedby="focus-help" onClick={put} onKeyDown={keys} disabled={readOnly} dir="ltr">
        <img src={source} alt="" />
        <span className="focal-mark" style={{ left: `${focus.x * 100}%`, top: `${focus.y * 100}%` }} data-x={focus.x} data-y={focus.y} />
      </button>
      <Group mt="xs" gap="xs" align="end">
        {crops.map((c) => (
          <Box key={c.name}>
            <img src={source} alt="" className="crop" style={{ aspectRatio: c.ratio, objectPosition: `${focus.x * 100}% ${focus.y * 100}%` }} />
            <Text size="xs" c="dimmed">{t(`focus.${c.name}`)}</Text>
          </Box>
        ))}
      </Group>
    </section>
  );
}
