// Places the names beside their marks so that none covers another or a mark. Where there is no room a name stays away:
// the map shows it on pointing, and the list beside the map has all.

export interface LabelItem {
  readonly id: number;
  /** Pixels from the left and top of the map: the middle of the mark. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export type LabelSide = 'right' | 'left' | 'above' | 'below' | 'upper-right' | 'upper-left';

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

const markRadius = 10;
const labelGap = 5;
/** The badge of an alert stands out to the upper right of its mark. */
const badgeGap = 11;
const labelsMax = 200;
const sides: readonly LabelSide[] = ['right', 'left', 'below', 'above', 'upper-right', 'upper-left'];

/** The side for each label that finds room. Earlier items go first. */
export function layoutLabels(
  items: readonly LabelItem[],
  size: { readonly width: number; readonly height: number },
): ReadonlyMap<number, LabelSide> {
  const visible = items.filter(({ x, y }) => x >= 0 && y >= 0 && x <= size.width && y <= size.height);
  const marks = visible.map(({ id, x, y }) => ({
    id,
    box: { left: x - markRadius, right: x + markRadius, top: y - markRadius, bottom: y + markRadius },
  }));
  const placed: Box[] = [];
  const chosen = new Map<number, LabelSide>();
  for (const item of visible) {
    if (chosen.size >= labelsMax) break;
    for (const side of sides) {
      const box = labelBox(item, side);
      const inside = box.left >= 0 && box.top >= 0 && box.right <= size.width && box.bottom <= size.height;
      const free =
        inside &&
        placed.every((other) => !overlap(box, other)) &&
        marks.every((mark) => mark.id === item.id || !overlap(box, mark.box));
      if (!free) continue;
      placed.push(box);
      chosen.set(item.id, side);
      break;
    }
  }
  return chosen;
}

function labelBox({ x, y, width, height }: LabelItem, side: LabelSide): Box {
  const offset = markRadius + labelGap;
  const aboveBadge = y - markRadius - badgeGap - height;
  const corner = {
    right: { left: x + markRadius + badgeGap, top: y - height / 2 },
    left: { left: x - offset - width, top: y - height / 2 },
    above: { left: x - width / 2, top: y - offset - height },
    below: { left: x - width / 2, top: y + offset },
    'upper-right': { left: x, top: aboveBadge },
    'upper-left': { left: x - width, top: aboveBadge },
  }[side];
  return { ...corner, right: corner.left + width, bottom: corner.top + height };
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
