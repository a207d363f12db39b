import { Node } from '@tiptap/core';
import { NodeViewWrapper, ReactNodeViewRenderer, type NodeViewProps } from '@tiptap/react';
import { Badge } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { assetQuery } from '../../api/assets';
import { useTitles } from '../../api/titles';
import { useI18n } from '../../i18n/i18n';

/** A picture of ours, or an entry that is shown in the text: ![alt](asset:ID), ![](entry:ID). */
export const Picture = Node.create({
  name: 'image', // as the parser of Markdown calls it
  inline: true,
  group: 'inline',
  atom: true,
  draggable: true,
  addAttributes: () => ({ src: { default: '' }, alt: { default: '' }, title: { default: null } }),
  parseHTML: () => [{ tag: 'img[src]' }],
  renderHTML: ({ HTMLAttributes }) => ['img', HTMLAttributes],
  parseMarkdown: (token, helpers) => helpers.createNode('image', { src: token.href, alt: token.text ?? '', title: token.title ?? null }),
  renderMarkdown: (node) => {
    const { src, alt, title } = node.attrs ?? {};
    return title ? `![${alt}](${src} "${title}")` : `![${alt}](${src})`;
  },
  addNodeView: () => ReactNodeViewRenderer(Shown, { as: 'span' }),
});

function Shown({ node, selected, updateAttributes, editor }: NodeViewProps) {
  const { t } = useI18n();
  const src = String(node.attrs.src);
  const alt = String(node.attrs.alt);
  const [, kind, id] = /^(asset|entry):(.+)$/.exec(src) ?? [];
  return (
    <NodeViewWrapper as="span" className="embedded" data-selected={selected || undefined} contentEditable={false}>
      {kind === 'entry' ? <EntryName id={id ?? ''} /> : <Asset id={kind ? (id ?? '') : ''} alt={alt} />}
      {kind === 'asset' && (
        <input
          className="embedded-alt"
          dir="auto"
          aria-label={t('rich.alt')}
          placeholder={t('rich.alt')}
          value={alt}
          readOnly={!editor.isEditable}
          onChange={(e) => updateAttributes({ alt: e.currentTarget.value.replace(/[[\]]/g, '') })}
        />
      )}
    </NodeViewWrapper>
  );
}

function Asset({ id, alt }: { id: string; alt: string }) {
  const { t } = useI18n();
  const { data } = useQuery({ ...assetQuery(id), enabled: id !== '' });
  if (!data) return <Badge variant="default" className="status">{alt || t('loading')}</Badge>;
  return <img src={data.renditions?.w320 ?? data.url} alt={alt} />;
}

function EntryName({ id }: { id: string }) {
  const { t, speech } = useI18n();
  const titles = useTitles(null, [id], speech);
  return <Badge variant="light" size="lg" className="status">{t('rich.embedded', { name: titles.get(id)?.title || '…' })}</Badge>;
}
