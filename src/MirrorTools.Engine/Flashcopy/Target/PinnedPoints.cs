using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Flashcopy.Target;

/// <summary>The points that are being read (F-28). On the pair's scheduler.</summary>
internal sealed class PinnedPoints(EpochGate readers, TimeProvider time)
{
    private readonly List<KeptPoint> _pins = [];
    private Task _keeping = Task.CompletedTask;

    /// <summary>How many there are.</summary>
    public int Count => _pins.Count;

    /// <summary>Adds one.</summary>
    public void Add(KeptPoint pin) => _pins.Add(pin);

    /// <summary>A commit replaces grains of every point; the gate of the readers is closed.</summary>
    public void OnCommitted(GrainMap brought)
    {
        foreach (KeptPoint pin in _pins)
        {
            pin.OnCommitted(brought);
        }
    }

    /// <summary>Keeps what D is about to lose; afterwards no reader of a pinned point looks for it on D.</summary>
    /// <exception cref="BlockDeviceException">D could not be read.</exception>
    public async Task KeepAsync(IReadOnlyList<GrainRange> batch, IBlockDevice target, Memory<byte> buffer, TimeSpan deadline)
    {
        bool any = false;
        TaskCompletionSource kept = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _keeping = kept.Task;
        try
        {
            foreach (KeptPoint pin in _pins.ToArray())
            {
                foreach (GrainRange run in batch)
                {
                    any |= await pin.KeepAsync(run, target, buffer);
                }
            }
        }
        finally
        {
            kept.SetResult();
        }

        if (any)
        {
            await WaitReadersAsync(deadline);
        }
    }

    /// <summary>Takes one away; its reader has ended.</summary>
    public async Task ReleaseAsync(KeptPoint pin)
    {
        _pins.Remove(pin);
        await _keeping;
        await pin.CloseStorageAsync();
    }

    /// <summary>
    /// Waits until every reader that is inside now has left. A reader stays as long as a storage takes for its request; one that hangs is waited for, up to ten deadlines.
    /// </summary>
    /// <exception cref="BlockDeviceException">A reader never left.</exception>
    public async Task WaitReadersAsync(TimeSpan deadline)
    {
        for (long began = time.GetTimestamp(); ;)
        {
            try
            {
                await readers.GraceAsync(deadline);
                return;
            }
            catch (TimeoutException exception) when (time.GetElapsedTime(began) > deadline * 10)
            {
                throw new BlockDeviceException(BlockDeviceFault.Unreachable, "A reader of the committed image was not answered by its storage.", exception);
            }
            catch (TimeoutException)
            {
                // Again.
            }
        }
    }
}
