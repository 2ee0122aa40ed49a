using MirrorTools.Engine.Flashcopy.Target;
using MirrorTools.Engine.Mirroring.Target;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Volumes;
using MirrorTools.Simulation.Checking;
using MirrorTools.Simulation.Hosts;
using MirrorTools.Simulation.Runs;

namespace MirrorTools.Simulation.Pairs;

/// <summary>Holds what a site shows against what hosts were told.</summary>
internal static class PairOracle
{
    /// <summary>Reads the committed image of a target that goes on working, and checks it (P-1, P-2).</summary>
    public static async Task AuditAsync(PairWorld world, PairSite site)
    {
        if (site == world.ActiveSite || world.ActiveSite!.History is null || !site.IsTarget)
        {
            return;
        }

        var told = world.ToldCommitted;
        List<PinnedPoint> pins = [];
        try
        {
            ulong? older = null;
            foreach (var target in site.Members.Select(member => member.Target!).ToArray())
            {
                var status = await target.GetStatusAsync();
                if (status.LastCommitted.IsNone)
                {
                    return;
                }

                if (pins.Count == 0 && status.RetainedPoints.Count > 0 && world.Random.Chance(0.5))
                {
                    older = status.RetainedPoints[world.Random.Next(status.RetainedPoints.Count)];
                }

                pins.Add(await target.PinAsync(older));
            }

            if (pins.Exists(pin => pin.Point.Number != pins[0].Point.Number))
            {
                // the group's lead has chosen, and others have not recorded it yet: what a recovery would settle first
                world.Run.Totals.Count("audits of a group between two points");
                return;
            }

            var images = new byte[pins.Count][];
            for (var volume = 0; volume < images.Length; volume++)
            {
                images[volume] = new byte[world.Identities[volume].Geometry.LengthBytes];
                await ReadAsync(world, pins[volume], images[volume]);
            }

            world.Run.Totals.Count(older is null ? "audits" : "audits of a retained point");
            CheckPoint(world, world.ActiveSite!.History!, pins[0].Point, older is null ? told : 0, images, $"the image that {site.Site.Name} shows");
        }
        catch (BlockDeviceException lost) when (lost.Message.Contains("was given up while it was read", StringComparison.Ordinal))
        {
            // the area of preserved grains is full: the mirror goes on, and the reader is told
            world.Run.Totals.Count("audits of a point that was given up for room");
        }
        catch (IOException) when (world.HasStorageFaults(site.Site))
        {
            // what it read from failed
        }
        catch (PairException gone) when (gone.Error == PairError.PointNotKept)
        {
            // committed meanwhile, or dropped for want of room
            world.Run.Totals.Count("audits of a point that is gone");
        }
        catch (PairException held) when (held.Error == PairError.GateTimedOut)
        {
            world.Run.Totals.Count("audits held up by a reader");
        }
        finally
        {
            foreach (var pin in pins)
            {
                await pin.DisposeAsync();
            }
        }
    }

    // piece by piece with pauses, so that commits and copies happen in between (F-28)
    private static async Task ReadAsync(PairWorld world, PinnedPoint pin, byte[] image)
    {
        var piece = Math.Max(512, image.Length / world.Random.Next(1, 9) / 512 * 512);
        for (var at = 0; at < image.Length; at += piece)
        {
            await pin.Image.ReadAsync(at, image.AsMemory(at, Math.Min(piece, image.Length - at)), CancellationToken.None);
            await Task.Delay(world.Random.Between(TimeSpan.Zero, TimeSpan.FromMilliseconds(400)), world.Run.Time);
        }
    }

    /// <summary>The image is exactly the source at the point's t1, and the point is not older than what anyone was told of.</summary>
    public static void CheckPoint(PairWorld world, WriteHistory history, CommittedPoint point, ulong told, byte[][] images, string what)
    {
        if (point.Number < told)
        {
            throw ScenarioRun.Broken("P-2", $"{what} is point {point.Number}, but somebody was told that {told} is committed");
        }

        world.Tell(point.Number);
        string? violation = "t1 lies in no epoch of the source";
        foreach (var window in history.WindowsAt(point.TakenAt - world.Run.Scheduler.Epoch))
        {
            violation = ImageChecker.Check(window, images);
            if (violation is null)
            {
                return;
            }
        }

        throw ScenarioRun.Broken("P-1", $"{what} is not the source at point {point.Number} (t1 {point.TakenAt - world.Run.Scheduler.Epoch:c}, grain {world.Shape.Geometries[0].GrainBytes}): {violation}");
    }
}
