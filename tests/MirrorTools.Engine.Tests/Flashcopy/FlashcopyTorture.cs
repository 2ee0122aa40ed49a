using MirrorTools.Engine.Events;
using MirrorTools.Engine.Flashcopy.Source;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Flashcopy.Target;
using MirrorTools.Engine.Mirroring.Target;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Volumes;
using MirrorTools.Engine.Waiting;
using MirrorTools.Simulation.Scheduling;
using Xunit;

namespace MirrorTools.Engine.Tests.Flashcopy;

/// <summary>
/// A pair under hosts, a schedule and random strikes: each site dies at random steps, with its power or without, the link is cut, points are superseded. What the source
/// held at each point is kept, so that every committed image can be compared byte by byte.
/// </summary>
internal sealed class FlashcopyTorture
{
    private readonly FlashcopyRig _rig;
    private readonly SimRandom _random;
    private readonly Dictionary<ulong, byte[]> _atPoint = [];
    private readonly HashSet<SimProcess> _open = [];
    private long _nextStrike = long.MaxValue;
    private byte _stamp;
    private bool _stopHosts;
    private bool _ended;

    public FlashcopyTorture(FlashcopyRig rig, ulong seed)
    {
        _rig = rig;
        _random = new SimRandom(seed).Fork("torture");
        _open.Add(rig.Site1);
        _open.Add(rig.Site2);
        rig.Transition = (machine, from, what, to) =>
        {
            if (machine == "source" && what == "PointTaken")
            {
                PointTaken = true;
            }
        };
        rig.EventSeen = seen =>
        {
            if (seen.Id == PairEventId.PointTaken)
            {
                // Reported in the same step in which the gate was opened: nothing can have reached the disk since the point.
                _atPoint[Number(seen, "point")] = rig.Content(rig.A);
            }
            else if (seen.Id == PairEventId.PointCommitted && rig.Events1.Contains(seen))
            {
                LastKnownCommitted = Math.Max(LastKnownCommitted, Number(seen, "point"));
            }
        };
    }

    /// <summary>The newest point that site 1's admin was told is committed.</summary>
    public ulong LastKnownCommitted { get; private set; }

    public bool PointTaken { get; private set; }

    public int Strikes { get; private set; }

    public int Images { get; private set; }

    /// <summary>Checked before every step.</summary>
    public Action? Invariant { get; set; }

    /// <summary>Lets everything happen for a stretch of simulated time.</summary>
    public async Task RunAsync(TimeSpan time, int strikes)
    {
        DateTimeOffset end = _rig.Scheduler.UtcNow + time;
        _rig.Scheduler.BeforeStep = OnStep;
        PlanStrike();
        _rig.Scheduler.World.Start(KeepLinkAsync);
        StartSite1(_rig.Site1, isNew: false);
        while (_rig.Scheduler.UtcNow < end)
        {
            if (Strikes >= strikes)
            {
                _nextStrike = long.MaxValue;
            }

            await _rig.DelayAsync(TimeSpan.FromMilliseconds(_random.Next(5, 80)));
            await CheckImageAsync();
        }

        _nextStrike = long.MaxValue;
        _stopHosts = true;
    }

    /// <summary>With the strikes over: a last cycle, after which both sites hold the same.</summary>
    public async Task SettleAsync()
    {
        await _rig.UntilAsync(async () => _open.Contains(_rig.Site1) && _open.Contains(_rig.Site2) && (await _rig.Source.GetStatusAsync()).IsConnected);
        await _rig.Source.SetScheduleAsync(CycleSchedule.Manual);
        await _rig.DelayAsync(TimeSpan.FromSeconds(2));
        await _rig.UntilAsync(async () => (await _rig.Source.GetStatusAsync()).State == SourceState.Idle);
        ulong point = await _rig.CycleAsync();
        Assert.Equal(_atPoint[point], await _rig.ReadImageAsync(_rig.Target.Image));
        Assert.Equal(_rig.Content(_rig.A), await _rig.ReadImageAsync(_rig.Target.Image));
        _ended = true;
        _rig.Scheduler.BeforeStep = null;
    }

    /// <summary>Both sites lose their power now; site 2 alone is recovered and has to show the last committed point.</summary>
    public async Task LoseSite1AndRecoverAsync()
    {
        _ended = true;
        _nextStrike = long.MaxValue;
        _rig.Scheduler.BeforeStep = null;
        _rig.KillSite1(losePower: true);
        _rig.KillSite2(losePower: true);
        await _rig.OpenTargetAsync();
        if (LastKnownCommitted == 0 && (await _rig.Target.GetStatusAsync()).LastCommitted.IsNone)
        {
            return;
        }

        CommittedPoint point = await _rig.Target.RecoverAsync(force: false);
        Assert.True(point.Number >= LastKnownCommitted, $"Point {LastKnownCommitted} was committed, recovery shows {point.Number}.");
        MirrorSource recovered = await MirrorSource.OpenAsync(_rig.Parts2());
        Assert.Equal(_atPoint[point.Number], await _rig.ReadImageAsync(recovered.Volume));
    }

    private void OnStep(long step)
    {
        Invariant?.Invoke();
        if (step < _nextStrike)
        {
            return;
        }

        Strikes++;
        PlanStrike();
        int kind = _random.Next(6);
        bool losePower = _random.Chance(0.6);
        if (kind is 0 or 2 or 3)
        {
            _rig.KillSite1(losePower);
            StartSite1(_rig.Site1, isNew: true);
        }

        if (kind is 1 or 2 or 4)
        {
            _rig.KillSite2(losePower);
            StartSite2(_rig.Site2);
        }

        if (kind == 5)
        {
            _rig.SourceEnd?.Cut();
        }
    }

    private void PlanStrike() => _nextStrike = _rig.Scheduler.Step + _random.Next(30, 6000);

    private void StartSite1(SimProcess process, bool isNew) => process.Start(async () =>
    {
        if (isNew)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(_random.Next(1, 30)), process.Time);
            await _rig.OpenSourceAsync();
        }

        _open.Add(process);
        await _rig.Source.SetScheduleAsync(_random.Chance(0.5) ? CycleSchedule.Continuous : CycleSchedule.Every(TimeSpan.FromSeconds(1), _rig.Scheduler.UtcNow));
        for (int host = 0; host < 3; host++)
        {
            _ = HostAsync(process);
        }

        _ = AdminAsync(process);
    });

    private void StartSite2(SimProcess process) => process.Start(async () =>
    {
        await Task.Delay(TimeSpan.FromMilliseconds(_random.Next(1, 30)), process.Time);
        await _rig.OpenTargetAsync();
        _open.Add(process);
    });

    private async Task HostAsync(SimProcess process)
    {
        SourceVolume volume = _rig.Source.Volume;
        while (!_stopHosts)
        {
            long sectors = _rig.Geometry.LengthBytes / 512;
            int count = _random.Chance(0.1) ? _random.Next(1, 60) : _random.Next(1, 9);
            long first = _random.Chance(0.5) ? _random.NextInt64(sectors - count) : _random.NextInt64(Math.Min(64, sectors - count));
            byte[] data = new byte[count * 512];
            data.AsSpan().Fill(++_stamp);
            if (_random.Chance(0.1))
            {
                await volume.WriteZeroesAsync(first * 512, data.Length, WriteOptions.MayUnmap, CancellationToken.None);
            }
            else
            {
                await volume.WriteAsync(first * 512, data, WriteOptions.None, CancellationToken.None);
            }

            if (_random.Chance(0.1))
            {
                await volume.FlushAsync(CancellationToken.None);
            }

            await Task.Delay(TimeSpan.FromMicroseconds(_random.Next(10, 15_000)), process.Time);
        }
    }

    private async Task AdminAsync(SimProcess process)
    {
        while (!_stopHosts)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(_random.Next(20, 900)), process.Time);
            try
            {
                await _rig.Source.StartCycleAsync(supersede: _random.Chance(0.7));
            }
            catch (PairException)
            {
                // Refused where a point is being decided, or in doubt.
            }
        }
    }

    private async Task KeepLinkAsync()
    {
        while (!_ended)
        {
            await _rig.DelayAsync(TimeSpan.FromMilliseconds(_random.Next(2, 40)));
            if (_open.Contains(_rig.Site1) && _open.Contains(_rig.Site2) && (_rig.SourceEnd is null || _rig.SourceEnd.Closed.IsCompleted))
            {
                _rig.Join();
            }
        }
    }

    // A pinned image is exactly one point; the check dies with site 2.
    private async Task CheckImageAsync()
    {
        SimProcess process = _rig.Site2;
        if (!_open.Contains(process))
        {
            return;
        }

        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        process.OnKilled(() => done.TrySetResult());
        process.Start(async () =>
        {
            try
            {
                await using (PinnedPoint pin = await _rig.Target.PinAsync())
                {
                    CommittedPoint point = pin.Point;
                    byte[] image = await _rig.ReadImageAsync(pin.Image);
                    if (!image.AsSpan().SequenceEqual(_atPoint[point.Number]))
                    {
                        Assert.Fail($"The committed image is not point {point.Number}: {Difference(_atPoint[point.Number], image)}");
                    }

                    Images++;
                }
            }
            catch (PairException)
            {
                // Nothing committed yet.
            }

            done.TrySetResult();
        });
        await done.Task.WithDeadline(TimeSpan.FromMinutes(2), _rig.Scheduler.World.Time, CancellationToken.None);
    }

    private static string Difference(byte[] expected, byte[] actual)
    {
        int at = expected.AsSpan().CommonPrefixLength(actual);
        return $"byte {at} (grain {at / FlashcopyRig.GrainBytes}) is {actual[at]}, not {expected[at]}";
    }

    private static ulong Number(PairEvent seen, string name) =>
        ulong.Parse(seen.Arguments.First(argument => argument.Key == name).Value, System.Globalization.CultureInfo.InvariantCulture);
}
