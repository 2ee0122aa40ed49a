using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.Journal;

/// <content>
/// The group commit: whoever comes first writes for all that came until then, in turns, until nobody waits. One block is under way at a time.
/// </content>
public sealed partial class DirtyRegionLog
{
    private bool _isCommitting;
    private bool _slotsAsked;
    private TaskCompletionSource? _slotFreed;

    private ValueTask EnqueueAsync(MarkRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        bool begin;
        lock (_lock)
        {
            _requests.Enqueue(request);
            begin = !_isCommitting;
            _isCommitting = true;
        }

        if (begin)
        {
            _ = CommitAsync();
        }

        return request.WaitAsync(cancellationToken);
    }

    private async Task CommitAsync()
    {
        while (true)
        {
            List<MarkRequest> ready = [];
            bool mustWrite;
            lock (_lock)
            {
                AssignSlots(ready);
                mustWrite = _table.UnwrittenCount > 0;
                if (ready.Count == 0 && _requests.Count == 0)
                {
                    _isCommitting = false;
                    return;
                }
            }

            try
            {
                if (mustWrite)
                {
                    await WriteBlockAsync(RegionLogFlags.None);
                }
                else if (ready.Count == 0)
                {
                    await WaitForSlotAsync();
                }

                ready.ForEach(request => request.Complete());
                AskForSlotsEarly();
            }
            catch (Exception e)
            {
                // Nobody awaits this method: whatever went wrong is for those who wait.
                FailAll(ready, e);
            }
        }
    }

    /// <summary>Gives slots to the requests in their order, as far as slots and one block go; the lock is held.</summary>
    private void AssignSlots(List<MarkRequest> ready)
    {
        while (_requests.TryPeek(out MarkRequest? request))
        {
            while (!request.IsOver && request.Next <= request.Last)
            {
                if (!TryUse(request.Next)
                    && !_table.Contains(request.Next)
                    && (_table.UnwrittenCount >= RegionLogBlock.MaximumChanges || !_table.TryAssign(request.Next)))
                {
                    return;
                }

                request.Next++;
            }

            ready.Add(_requests.Dequeue());
        }
    }

    private async ValueTask WriteBlockAsync(RegionLogFlags flags, RegionLogFlags only = RegionLogFlags.BothPlaces)
    {
        using SerialGate.Turn turn = await _writing.EnterAsync(CancellationToken.None);
        await WriteInTurnAsync(flags, only, unknownAfter: null);
    }

    /// <summary>
    /// Writes a block with the slots that changed; the regions in them are hot when it is durable. Only here, with the turn held, <see cref="AllUnknown"/>
    /// begins or ends, so that memory and disk never say different things.
    /// </summary>
    private async ValueTask WriteInTurnAsync(RegionLogFlags flags, RegionLogFlags only, int? unknownAfter)
    {
        RegionLogFlags allFlags = flags | ((unknownAfter ?? Volatile.Read(ref _unknown)) == UnknownNot ? RegionLogFlags.None : RegionLogFlags.AllUnknown);
        int[] changes;
        lock (_lock)
        {
            changes = _table.TakeUnwritten();
            _staleSlices = Math.Max(0, _staleSlices - 1);
        }

        try
        {
            await _writer.WriteAsync((block, sequence, alive) => Compose(block, sequence, alive | allFlags, changes), only);
        }
        catch
        {
            lock (_lock)
            {
                _table.ReturnUnwritten(changes);
            }

            throw;
        }

        lock (_lock)
        {
            foreach (int slot in changes)
            {
                if (_table.Regions[slot] is >= 0 and long region)
                {
                    Volatile.Write(ref _states[region], (byte)RegionState.Hot);
                }
            }
        }

        if (unknownAfter is { } unknown)
        {
            Volatile.Write(ref _unknown, unknown);
        }
    }

    private void Compose(Span<byte> block, ulong sequence, RegionLogFlags flags, int[] changes)
    {
        lock (_lock)
        {
            RegionLogBlock header = new(_identity.PairId, sequence, flags, _identity.RegionBytes, _identity.RegionSlots, changes.Length);
            header.Write(block, _table.Regions, changes);
        }
    }

    private async ValueTask WaitForSlotAsync()
    {
        TaskCompletionSource freed;
        lock (_lock)
        {
            if (_table.FreeCount > 0)
            {
                return;
            }

            freed = _slotFreed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _slotsAsked = true;
        }

        SlotsNeeded?.Invoke();
        try
        {
            await freed.Task.WithDeadline(SlotDeadline, _time, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            await OverflowAsync();
        }
    }

    /// <summary>P-8: the host comes first. A copy of everything is the price, and only where a crash follows.</summary>
    private async ValueTask OverflowAsync()
    {
        lock (_lock)
        {
            _slotFreed = null;
            if (_requests.All(request => request.IsOver))
            {
                return;
            }
        }

        using (await _writing.EnterAsync(CancellationToken.None))
        {
            await WriteInTurnAsync(RegionLogFlags.None, RegionLogFlags.BothPlaces, UnknownUsable);
        }

        Overflowed?.Invoke();
    }

    private void AskForSlotsEarly()
    {
        lock (_lock)
        {
            if (_slotsAsked || _table.FreeCount > RegionSlots / 8 || RegionSlots >= RegionCount)
            {
                return;
            }

            _slotsAsked = true;
        }

        SlotsNeeded?.Invoke();
    }

    private void FailAll(List<MarkRequest> ready, Exception cause)
    {
        lock (_lock)
        {
            ready.AddRange(_requests);
            _requests.Clear();
        }

        ready.ForEach(request => request.Fail(cause));
    }
}
