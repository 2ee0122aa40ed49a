using MirrorTools.Engine.Journal;

namespace MirrorTools.Engine.AsyncCopy.Preserving;

/// <content>Which layers there are, and which of them an entry belongs to.</content>
internal sealed partial class PreservedArea
{
    /// <summary>Begins an empty newest layer: a point was committed. Nothing is written.</summary>
    /// <exception cref="ArgumentException">The label is not greater than all before.</exception>
    /// <exception cref="InvalidOperationException">The area is being cleared.</exception>
    public void BeginLayer(ulong label)
    {
        if (label <= _newestLabel)
        {
            throw new ArgumentException($"A layer's label must be greater than all before: {label} is not greater than {_newestLabel}.", nameof(label));
        }

        if (_isClearing)
        {
            throw new InvalidOperationException("The preserved area is being cleared.");
        }

        _newestLabel = label;
        _layers.Begin(label);
    }

    /// <summary>
    /// Drops the other layers: what a dropped one holds and the next older kept one lacks is that one's from now on, by reference; the rest is free at once, for
    /// which nothing is written. The caller has made the list durable before, and nobody reads a dropped layer any more.
    /// </summary>
    /// <exception cref="ArgumentException">They are no ascending choice of <see cref="Layers"/>, or leave out the newest.</exception>
    public void Keep(IReadOnlyList<ulong> layers)
    {
        foreach (long slot in _layers.Keep(layers))
        {
            Release(slot);
        }
    }

    /// <summary>Shows a slot's grain in the layer it belongs to; or frees the slot, or the one that held the grain before. Of several the one with the smallest label counts.</summary>
    private void Admit(long slot, PreservedEntry entry)
    {
        PreservedLayer? owner = _layers.OwnerOf(entry.Label);
        if (owner is not null && owner.TryFind(entry.Grain, out long other, out _))
        {
            ulong otherLabel = _table[other].Label;
            if (otherLabel == entry.Label)
            {
                throw new MetadataCorruptException("preserved area", $"Slots {other} and {slot} of the preserved area both say that they hold grain {entry.Grain} of point {entry.Label}.");
            }

            if (otherLabel < entry.Label)
            {
                owner = null;
            }
            else
            {
                owner.Remove(entry.Grain);
                Release(other);
            }
        }

        if (owner is null)
        {
            Release(slot);
            return;
        }

        owner.Add(entry.Grain, slot, entry.IsZeros);
    }

    private void Release(long slot)
    {
        _table.Forget(slot);
        _slots.Release(slot);
    }
}
