using System.Text;
using MirrorTools.Engine.Pairs;

namespace MirrorTools.Engine.Mirroring.Target;

/// <summary>The committed points that site 2 keeps: their names, and their removal by an admin. On the pair's scheduler.</summary>
/// <param name="core">Site 2.</param>
internal sealed class TargetPoints(TargetCore core)
{
    /// <summary>A committed point that is kept.</summary>
    /// <exception cref="PairException">It is not.</exception>
    public CommittedPoint Find(ulong number)
    {
        PairRecord record = core.Record;
        CommittedPoint known = number == record.LastCommitted.Number ? record.LastCommitted
            : record.RecentPoints.FirstOrDefault(recent => recent.Number == number && record.RetainedPoints.Contains(number));
        return !known.IsNone ? known : throw NotKept(number);
    }

    /// <summary>Gives a retained point up.</summary>
    /// <exception cref="PairException">It is not retained, somebody reads it, or it is the last committed one.</exception>
    public Task RemoveAsync(ulong number) => number != core.Record.LastCommitted.Number || core.Record.LastCommitted.IsNone
        ? core.Service.RemovePointAsync(number)
        : throw new PairException(PairError.PointIsNewest,
            $"Point {number} is the last committed one, which a recovery goes to. It gives way to the next one; Start-FlashcopyCycle takes that.");

    /// <summary>Gives a point a name; 0 only asks whether that is possible.</summary>
    /// <exception cref="PairException">The point is not kept, the name is taken, or there are too many names.</exception>
    public Task NameAsync(ulong number, string name)
    {
        if (Encoding.UTF8.GetByteCount(name) is 0 or > NamedPoint.MaximumNameBytes)
        {
            throw new ArgumentException($"A point's name takes 1 to {NamedPoint.MaximumNameBytes} bytes.", nameof(name));
        }

        // Looked at where the change is made: a commit may come in between.
        return core.ChangeRecordAsync(now =>
        {
            if (number != 0 && (number < now.LastCommitted.Number ? !now.RetainedPoints.Contains(number) : number != now.LastCommitted.Number && number <= now.SettledThrough))
            {
                throw NotKept(number);
            }

            if (now.NamedPoints.FirstOrDefault(other => other.Number != number && other.Number <= now.LastCommitted.Number && IsSame(other.Name, name)) is { Number: not 0 } other)
            {
                throw new PairException(PairError.PointNameTaken, $"Point {other.Number} has the name '{name}'. Choose another one, or Remove-ConsistencyPoint removes that point.");
            }

            // One that is not committed yet leaves the name to the newer one.
            NamedPoint[] others = [.. now.NamedPoints.Where(named => named.Number != number && !IsSame(named.Name, name))];
            return others.Length >= PairRecord.MaximumNamedPoints ? throw TooMany()
                : number == 0 ? now
                : now with { NamedPoints = [.. others.Append(new NamedPoint(number, name)).OrderBy(static named => named.Number)] };
        });
    }

    // As an admin reads it.
    private static bool IsSame(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);

    private static PairException TooMany() => new(
        PairError.TooManyNamedPoints, $"{PairRecord.MaximumNamedPoints} points have names, which is as many as may. Remove-ConsistencyPoint removes one that is not needed.");

    private static PairException NotKept(ulong number) => new(
        PairError.PointNotKept, $"Point {number} is not kept. Get-ConsistencyPoint shows which are; Set-MirrorPair -RetainPoints keeps more from now on.");
}
