using MirrorTools.Engine.SyncCache;
using MirrorTools.Engine.Volumes;
using MirrorTools.Simulation.Hosts;
using MirrorTools.Simulation.Runs;
using MirrorTools.Simulation.Scheduling;

namespace MirrorTools.Simulation.Sync;

/// <summary>Hosts that are machines of their own: each request goes to a node that serves, and nobody learns what became of one whose node died.</summary>
internal sealed class SyncHosts(SyncWorld world)
{
    private readonly SimRandom _random = world.Run.Scheduler.Random.Fork("hosts");
    private readonly List<Request> _underWay = [];
    private int _workers;

    /// <summary>How many requests are still made.</summary>
    public int RequestsLeft { get; set; }

    /// <summary>True once all requests were made and answered.</summary>
    public bool AreDone => RequestsLeft <= 0 && _workers == 0;

    /// <summary>Starts the workers.</summary>
    public void Start()
    {
        for (var worker = 0; worker < world.Shape.HostOptions.Workers; worker++)
        {
            _workers++;
            world.Run.Scheduler.World.Start(WorkAsync);
        }
    }

    /// <summary>What is under way at a node may still happen there, after another history began.</summary>
    public void Adopt(SyncMachine machine, SyncBranch branch)
    {
        foreach (var request in _underWay.Where(request => request.Machine == machine))
        {
            request.Write = branch.History!.Adopt(request.Write);
            request.Branch = branch;
        }
    }

    private async Task WorkAsync()
    {
        while (RequestsLeft > 0)
        {
            await Task.Delay(_random.Between(TimeSpan.Zero, world.Shape.HostOptions.ThinkTime), world.Run.Time);
            var draw = _random.NextDouble();
            var isWrite = draw >= world.Shape.HostOptions.ReadShare;
            if (Choose(isWrite) is not { } machine)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), world.Run.Time);
                continue;
            }

            RequestsLeft--;
            if (!isWrite)
            {
                await ReadAsync(machine);
            }
            else if (_random.Chance(world.Shape.HostOptions.FlushShare))
            {
                await FlushAsync(machine);
            }
            else
            {
                await WriteAsync(machine);
            }
        }

        _workers--;
    }

    // Now and then one is asked that does not serve.
    private SyncMachine? Choose(bool writable)
    {
        SyncMachine[] serving =
        [
            .. world.Machines.Where(machine => machine.Site.IsUp && machine.Node is { } node && !machine.Branch.IsUnknown
                && (writable ? node.Volume.IsWritable : node.Volume.Refusal is null || _random.Chance(0.02))),
        ];
        return serving.Length == 0 ? null : serving[_random.Next(serving.Length)];
    }

    private (long First, int Count) ChooseRange()
    {
        var options = world.Shape.HostOptions;
        var sectors = world.Shape.Geometry.LengthBytes / BlockGeometry.SectorBytes;
        var count = _random.Next(1, 1 + (1 << _random.Next(1, 1 + int.Log2(options.MaxSectors))));
        var space = _random.Chance(options.HotShare) ? Math.Min(sectors, options.HotSectors) : sectors;
        count = (int)Math.Min(count, space);
        return (_random.NextInt64(space - count + 1), count);
    }

    private async Task WriteAsync(SyncMachine machine)
    {
        var (first, count) = ChooseRange();
        var isZeroing = _random.Chance(world.Shape.HostOptions.ZeroShare);
        var isForced = _random.Chance(world.Shape.HostOptions.ForcedShare);
        var options = (isForced ? WriteOptions.ForceUnitAccess : 0) | (isZeroing && _random.Chance(0.5) ? WriteOptions.MayUnmap : 0);
        var volume = machine.Node!.Volume;
        var branch = machine.Branch;
        Request request = new(machine, branch, branch.History!.Issue("host@" + machine.Name, 0, first, count, isZeroing, isForced && world.Shape.Options.FlushPolicy == FlushPolicy.Disk));
        var alone = machine.IsAlone ? machine.Record!.Generations.Current.Id : Guid.Empty;
        var data = Stamp(request.Write);
        _underWay.Add(request);
        world.Run.Scheduler.Note($"{machine.Name}: {request.Write}");
        var isAnswered = await AskAsync(machine, async () =>
        {
            await (isZeroing
                ? volume.WriteZeroesAsync(first * SectorStamp.Bytes, (long)count * SectorStamp.Bytes, options, CancellationToken.None)
                : volume.WriteAsync(first * SectorStamp.Bytes, data, options, CancellationToken.None));
            return true;
        });
        _underWay.Remove(request);
        if (isAnswered)
        {
            world.Run.Totals.Count("acknowledged writes");
            request.Branch.Acknowledged[machine] = request.Branch.Acknowledged.GetValueOrDefault(machine) + 1;
            request.Branch.History!.Acknowledge(request.Write);
            world.Run.Scheduler.Note($"{machine.Name}: {request.Write}");

            // Alone, a node acknowledges what is on its disk (S-9).
            if (alone != Guid.Empty && machine.IsAlone && machine.Record!.Generations.Current.Id == alone)
            {
                request.Branch.HardAt[request.Write] = machine;
            }
        }
        else
        {
            world.Run.Totals.Count("writes without an answer");
            request.Branch.History!.Fail(request.Write);
        }
    }

    private async Task FlushAsync(SyncMachine machine)
    {
        var branch = machine.Branch;
        var epoch = branch.History!.Current;
        var issued = branch.History.Tick();
        var isAnswered = await AskAsync(machine, async () =>
        {
            await machine.Node!.Volume.FlushAsync(CancellationToken.None);
            return true;
        });
        if (isAnswered && machine.Branch == branch && world.Shape.Options.FlushPolicy == FlushPolicy.Disk)
        {
            world.Run.Totals.Count("flushes");
            branch.History.Flushed(epoch, 0, issued);
        }
    }

    private async Task ReadAsync(SyncMachine machine)
    {
        var (first, count) = ChooseRange();
        var buffer = new byte[count * SectorStamp.Bytes];
        var branch = machine.Branch;
        var epoch = branch.History!.Current;
        var issued = branch.History.Tick();
        var isAnswered = await AskAsync(machine, async () =>
        {
            await machine.Node!.Volume.ReadAsync(first * SectorStamp.Bytes, buffer, CancellationToken.None);
            return true;
        });
        if (!isAnswered || machine.Branch != branch || branch.History.Current != epoch || branch.IsUnknown)
        {
            return;
        }

        world.Run.Totals.Count(machine.IsWritable ? "reads" : "reads at a secondary");
        if (branch.Check(epoch, first, buffer, issued, branch.History.Tick()) is { } violation)
        {
            throw ScenarioRun.Broken("P-2", $"a read at {machine.Name}: {violation}");
        }
    }

    private async Task<bool> AskAsync(SyncMachine machine, Func<Task<bool>> request)
    {
        var started = world.Run.Scheduler.Now - machine.Site.Process!.FrozenTime;
        var process = machine.Site.Process;
        try
        {
            var (ran, _) = await process.TryInvokeAsync(request);
            return ran;
        }
        catch (IOException e)
        {
            world.Run.Totals.Count("requests refused");
            world.Run.Scheduler.Note($"{machine.Name} refuses a host: {e.Message}");
            return false;
        }
        finally
        {
            var took = world.Run.Scheduler.Now - process.FrozenTime - started;
            if (took > LongestAllowed && !world.HasStorageFaults(machine.Site))
            {
                throw ScenarioRun.Broken("P-8", $"a request at {machine.Name} took {took}");
            }
        }
    }

    // What holds a request up has deadlines of its own, and a few of them may follow each other.
    private static TimeSpan LongestAllowed => TimeSpan.FromSeconds(60);

    private static byte[] Stamp(HostWrite write)
    {
        var data = new byte[write.SectorCount * SectorStamp.Bytes];
        for (var i = 0; i < write.SectorCount; i++)
        {
            SectorStamp.Write(data.AsSpan(i * SectorStamp.Bytes, SectorStamp.Bytes), write.Id, write.Volume, write.FirstSector + i);
        }

        return data;
    }

    private sealed class Request(SyncMachine machine, SyncBranch branch, HostWrite write)
    {
        public SyncMachine Machine => machine;

        public SyncBranch Branch { get; set; } = branch;

        public HostWrite Write { get; set; } = write;
    }
}
