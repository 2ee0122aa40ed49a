namespace MirrorTools.Engine.Journal;

/// <content>The way back to cold.</content>
public sealed partial class DirtyRegionLog
{
    // How many more blocks it takes until each slice on disk is newer than the last region that went cold.
    private int _staleSlices;

    /// <summary>
    /// Picks hot regions to cool, least recently marked first. The caller then waits until every write that is in the gate now has left it, flushes the data,
    /// persists the maps' pages, and calls <see cref="CompleteCoolingAsync"/>, or <see cref="AbandonCooling"/> where that failed.
    /// </summary>
    /// <param name="maximum">How many regions at most.</param>
    /// <param name="predicate">Which regions may be picked; null for any.</param>
    public IReadOnlyList<long> BeginCooling(int maximum, Func<long, bool>? predicate = null)
    {
        List<long> cooling = [];
        lock (_lock)
        {
            foreach (long region in _table.ByAge())
            {
                if (cooling.Count >= maximum)
                {
                    break;
                }

                if (IsHot(region) && predicate?.Invoke(region) != false && Change(region, RegionState.Hot, RegionState.Cooling))
                {
                    cooling.Add(region);
                }
            }
        }

        return cooling;
    }

    /// <summary>
    /// Regions that are still cooling become cold and give their slots back; those that were written to meanwhile stay hot and count as marked now.
    /// The disk goes on naming a cold region until its slice comes round (see <see cref="ForgetColdAsync"/>), which claims too much and never too little.
    /// </summary>
    public ValueTask CompleteCoolingAsync(IReadOnlyList<long> regions, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        bool someoneWaits;
        lock (_lock)
        {
            foreach (long region in regions)
            {
                if (Change(region, RegionState.Cooling, RegionState.Cold))
                {
                    _table.Free(region);
                    _staleSlices = SliceCount;
                }
                else if (IsHot(region))
                {
                    _table.Touch(region);
                }
            }

            if (_table.FreeCount > 0)
            {
                _slotFreed?.TrySetResult();
                _slotFreed = null;
            }

            someoneWaits = _slotFreed is not null;
            _slotsAsked = someoneWaits;
        }

        // All that cooled were written to meanwhile: ask for others.
        if (someoneWaits)
        {
            SlotsNeeded?.Invoke();
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Gives a cooling up: regions that are still cooling are hot again.</summary>
    public void AbandonCooling(IReadOnlyList<long> regions)
    {
        foreach (long region in regions)
        {
            Change(region, RegionState.Cooling, RegionState.Hot);
        }

        lock (_lock)
        {
            _slotsAsked = false;
        }
    }

    /// <summary>
    /// Begins to end <see cref="AllUnknown"/>: from now on writes into cold regions need a slot again. The caller then waits until every write that is in the
    /// gate now has left it, flushes the data, makes durable in the maps what may differ, and calls <see cref="CompleteForgettingAsync"/>.
    /// </summary>
    public void BeginForgetting() => Interlocked.CompareExchange(ref _unknown, UnknownEnding, UnknownUsable);

    /// <summary>Ends <see cref="AllUnknown"/>, durably: from now on the regions with a slot are those that may differ.</summary>
    /// <returns>False where slots ran out again since <see cref="BeginForgetting"/>: begin anew.</returns>
    public async ValueTask<bool> CompleteForgettingAsync(CancellationToken cancellationToken)
    {
        using SerialGate.Turn turn = await _writing.EnterAsync(cancellationToken);
        if (Volatile.Read(ref _unknown) == UnknownEnding)
        {
            await WriteInTurnAsync(RegionLogFlags.None, RegionLogFlags.BothPlaces, UnknownNot);
        }

        return Volatile.Read(ref _unknown) == UnknownNot;
    }

    /// <summary>
    /// Durably records that no region is hot; at a clean close, when no write comes any more and data and maps are flushed.
    /// </summary>
    /// <exception cref="DirtyRegionLogException">No place took it: the next opening finds the regions that were hot.</exception>
    public async Task WriteCleanAsync(CancellationToken cancellationToken)
    {
        using SerialGate.Turn turn = await _writing.EnterAsync(cancellationToken);
        lock (_lock)
        {
            foreach (long region in _table.Held)
            {
                Volatile.Write(ref _states[region], (byte)RegionState.Cold);
                _table.Free(region);
            }
        }

        await WriteInTurnAsync(RegionLogFlags.Reset, RegionLogFlags.BothPlaces, UnknownNot);
    }

    /// <summary>
    /// Has the disk forget the regions that went cold, so that an unclean stop claims what is hot and no more (P-4). For quiet moments: it takes up to a block for each 128 slots,
    /// and marks come in between.
    /// </summary>
    /// <exception cref="DirtyRegionLogException">Neither place can be written.</exception>
    public async ValueTask ForgetColdAsync(CancellationToken cancellationToken)
    {
        while (HasStaleSlices())
        {
            cancellationToken.ThrowIfCancellationRequested();
            await WriteBlockAsync(RegionLogFlags.None);
        }
    }

    private bool HasStaleSlices()
    {
        lock (_lock)
        {
            return _staleSlices > 0;
        }
    }

    private bool Change(long region, RegionState from, RegionState to) =>
        Interlocked.CompareExchange(ref _states[region], (byte)to, (byte)from) == (byte)from;
}
