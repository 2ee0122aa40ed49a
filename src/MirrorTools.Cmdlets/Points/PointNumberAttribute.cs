using System.Globalization;
using System.Management.Automation;

namespace MirrorTools.Cmdlets.Points;

/// <summary>Lets a point be given by its number, by its name, or as an object of Get-ConsistencyPoint.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PointNumberAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        var data = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        return data is ConsistencyPoint point ? point.Number.ToString(CultureInfo.InvariantCulture) : inputData;
    }
}
