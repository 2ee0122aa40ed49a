using System.Collections.Concurrent;
using MirrorTools.Engine.Maps;

namespace MirrorTools.Engine.AsyncCopy.Preserving;

/// <summary>
/// The grains that one kept layer holds and where. One writer at a time; look-ups from any thread.
/// </summary>
/// <param name="label">The layer's label.</param>
/// <param name="grainCount">How many grains the volume has.</param>
internal sealed class PreservedLayer(ulong label, long grainCount)
{
    // Of a grain the slot, doubled, plus one where the grain is zeros: one word, as it is looked up while it is written.
    private readonly ConcurrentDictionary<long, long> _places = new(concurrencyLevel: 1, capacity: 31);

    /// <summary>The layer's label.</summary>
    public ulong Label => label;

    /// <summary>The grains that it holds. A bit is set after its place is known and cleared before it is forgotten.</summary>
    public GrainMap Held { get; } = new(grainCount, initialValue: false);

    /// <summary>The slots that it uses.</summary>
    public IEnumerable<long> Slots
    {
        get
        {
            foreach ((_, long place) in _places)
            {
                yield return place >> 1;
            }
        }
    }

    /// <summary>Finds a grain; where it is not held, at the price of one bit.</summary>
    public bool TryFind(long grain, out long slot, out bool isZeros)
    {
        if (Held[grain] && _places.TryGetValue(grain, out long place))
        {
            (slot, isZeros) = (place >> 1, (place & 1) != 0);
            return true;
        }

        (slot, isZeros) = (-1, false);
        return false;
    }

    /// <summary>Adds a grain that it lacks.</summary>
    public void Add(long grain, long slot, bool isZeros) => Add(grain, (slot << 1) | (isZeros ? 1L : 0L));

    /// <summary>Takes a grain out.</summary>
    public void Remove(long grain)
    {
        Held.Clear(grain);
        _places.TryRemove(grain, out _);
    }

    /// <summary>Takes over from a newer layer what this one lacks. The newer one is left as it is, for those who look into it yet.</summary>
    /// <param name="newer">The layer above this one.</param>
    /// <param name="unneeded">Gets the slots of grains that this layer holds itself.</param>
    public void Absorb(PreservedLayer newer, List<long> unneeded)
    {
        foreach ((long grain, long place) in newer._places)
        {
            if (Held[grain])
            {
                unneeded.Add(place >> 1);
            }
            else
            {
                Add(grain, place);
            }
        }
    }

    private void Add(long grain, long place)
    {
        _places[grain] = place;
        Held.Set(grain);
    }
}
