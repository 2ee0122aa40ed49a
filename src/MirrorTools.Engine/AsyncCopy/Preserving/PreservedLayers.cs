using MirrorTools.Engine.Maps;

namespace MirrorTools.Engine.AsyncCopy.Preserving;

/// <summary>
/// The kept layers, oldest first. They change on one scheduler; look-ups come from any thread.
/// </summary>
/// <remarks>
/// The list is replaced as a whole, never changed. A look-up for a kept layer answers the same before, during and after a newer neighbour is dropped: the grain is in the
/// neighbour, then in both with the same place, then in the layer itself.
/// </remarks>
/// <param name="grainCount">How many grains the volume has.</param>
internal sealed class PreservedLayers(long grainCount)
{
    private readonly GrainMap _nothing = new(grainCount, initialValue: false);
    private volatile PreservedLayer[] _layers = [];

    /// <summary>The labels of the kept layers, ascending.</summary>
    public IReadOnlyList<ulong> Labels => [.. _layers.Select(layer => layer.Label)];

    /// <summary>The newest layer, or null.</summary>
    public PreservedLayer? Newest => _layers is [.., PreservedLayer newest] ? newest : null;

    /// <summary>The grains that the newest layer holds.</summary>
    public GrainMap Held => Newest?.Held ?? _nothing;

    /// <summary>The newest kept layer that is not newer than a label: the owner of what was preserved under it. Null where there is none.</summary>
    public PreservedLayer? OwnerOf(ulong label)
    {
        PreservedLayer[] layers = _layers;
        int owner = IndexOf(layers, label);
        return owner >= 0 ? layers[owner] : null;
    }

    /// <summary>Finds a grain in a layer or the first newer one that holds it.</summary>
    /// <exception cref="ArgumentException">The layer is not kept.</exception>
    public bool TryFind(ulong label, long grain, out long slot, out bool isZeros)
    {
        PreservedLayer[] layers = _layers;
        int first = IndexOf(layers, label);
        if (first < 0 || layers[first].Label != label)
        {
            throw new ArgumentException($"Layer {label} is not kept.", nameof(label));
        }

        for (int index = first; index < layers.Length; index++)
        {
            if (layers[index].TryFind(grain, out slot, out isZeros))
            {
                return true;
            }
        }

        (slot, isZeros) = (-1, false);
        return false;
    }

    /// <summary>The grains that a layer or a newer one holds.</summary>
    public GrainMap HeldFrom(ulong label)
    {
        GrainMap held = new(grainCount, initialValue: false);
        foreach (PreservedLayer layer in _layers.Where(layer => layer.Label >= label))
        {
            GrainMap.Or(held, layer.Held);
        }

        return held;
    }

    /// <summary>Adds an empty newest layer.</summary>
    public void Begin(ulong label) => _layers = [.. _layers, new PreservedLayer(label, grainCount)];

    /// <summary>Forgets all layers.</summary>
    public void Clear() => _layers = [];

    /// <summary>Keeps some of the layers; what the others hold goes to the next older one that is kept, where that lacks it.</summary>
    /// <returns>The slots that nobody needs any more.</returns>
    /// <exception cref="ArgumentException">They are no ascending choice of the layers, or leave out the newest.</exception>
    public List<long> Keep(IReadOnlyList<ulong> labels)
    {
        PreservedLayer[] kept = [.. _layers.Where(layer => labels.Contains(layer.Label))];
        if (!kept.Select(layer => layer.Label).SequenceEqual(labels) || kept.LastOrDefault() != Newest)
        {
            throw new ArgumentException("The layers to keep are to be some of those there are, ascending, and the newest one.", nameof(labels));
        }

        List<long> unneeded = [];
        PreservedLayer? owner = null;
        foreach (PreservedLayer layer in _layers)
        {
            if (kept.Contains(layer))
            {
                owner = layer;
            }
            else if (owner is null)
            {
                unneeded.AddRange(layer.Slots);
            }
            else
            {
                owner.Absorb(layer, unneeded);
            }
        }

        _layers = kept;
        return unneeded;
    }

    /// <summary>The last layer whose label is at most this one; -1 where there is none.</summary>
    private static int IndexOf(PreservedLayer[] layers, ulong label)
    {
        int index = layers.Length - 1;
        while (index >= 0 && layers[index].Label > label)
        {
            index--;
        }

        return index;
    }
}
